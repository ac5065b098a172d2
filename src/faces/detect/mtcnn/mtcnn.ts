import type { Session } from '../../../engine/engine.js';
import { RostroError } from '../../../shared/errors.js';
import type { Box } from '../../image/box.js';
import type { RgbImage } from '../../image/image.js';
import { SummedPicture, type TableMemory } from '../../image/summed-picture.js';
import type { DetectedFace, Detector } from '../detector.js';
import type { Candidates } from './candidates.js';
import { CropNetwork } from './crops.js';
import { facesOf, proposalsAround } from './follow.js';
import { locateFaces } from './output.js';
import { propose } from './proposal.js';
import { PNET_WINDOW_PX, pyramidLevels } from './pyramid.js';
import { refine } from './refine.js';

/** The networks as `graph/import/mtcnn` makes them. */
export interface MtcnnNetworks {
  readonly pnet: Session;
  readonly rnet: Session;
  readonly onet: Session;
}

/**
 * MTCNN (Zhang et al. 2016), a port of `detect_face` in davidsandberg/facenet src/align/detect_face.py. Each stage has
 * a file, which says where it differs.
 */
export class Mtcnn implements Detector {
  readonly id = 'mtcnn';
  private readonly pnet: Session;
  private readonly rnet: CropNetwork;
  private readonly onet: CropNetwork;
  private readonly options: MtcnnOptions;
  private readonly memory: TableMemory = { table: new Int32Array(0) };
  private lastRun: Promise<unknown> = Promise.resolve();

  /** @throws RostroError `bad_config` when an option is out of range. */
  constructor({ pnet, rnet, onet }: MtcnnNetworks, options: Partial<MtcnnOptions> = {}) {
    this.options = checkMtcnnOptions(options);
    this.pnet = pnet;
    this.rnet = new CropNetwork(rnet, 24, 64);
    this.onet = new CropNetwork(onet, 48, 16);
  }

  detect(image: RgbImage): Promise<DetectedFace[]> {
    return this.inTurn(() => this.detectNow(image));
  }

  /** The second and the third stage alone, on proposals around where the faces were. */
  follow(image: RgbImage, boxes: readonly Box[]): Promise<(DetectedFace | null)[]> {
    return this.inTurn(async () => {
      const picture = new SummedPicture(image, this.memory);
      return facesOf(boxes, await this.judge(picture, proposalsAround(boxes)));
    });
  }

  async dispose(): Promise<void> {
    await this.lastRun;
    await Promise.all([this.pnet.dispose(), this.rnet.dispose(), this.onet.dispose()]);
  }

  private async detectNow(image: RgbImage): Promise<DetectedFace[]> {
    const { thresholds, factor, minFacePx } = this.options;
    const picture = new SummedPicture(image, this.memory);
    const levels = pyramidLevels(image.width, image.height, minFacePx, factor);
    const proposals = await propose(this.pnet, picture, levels, thresholds[0]);
    return this.judge(picture, proposals);
  }

  private async judge(picture: SummedPicture, proposals: Candidates): Promise<DetectedFace[]> {
    const [, refined, located] = this.options.thresholds;
    return locateFaces(this.onet, picture, await refine(this.rnet, picture, proposals, refined), located);
  }

  /** One picture at a time, because a session is not re-entrant: calls wait for the one before. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const run = this.lastRun.then(work);
    this.lastRun = run.catch(() => undefined);
    return run;
  }
}

export interface MtcnnOptions {
  /** Least probabilities of the three stages, each 0..1. */
  readonly thresholds: readonly [number, number, number];
  /** Size of a pyramid level relative to the one before, between 0 and 1. */
  readonly factor: number;
  /** Side of the smallest face to look for, pixels of the image. */
  readonly minFacePx: number;
}

/** As facenet's align_dataset_mtcnn.py calls detect_face. */
export const MTCNN_DEFAULTS: MtcnnOptions = { thresholds: [0.6, 0.7, 0.7], factor: 0.709, minFacePx: 20 };

/** Each level costs a run, so their number, which grows without bound as the factor nears 1, is limited. */
const MAX_FACTOR = 0.95;

/** @throws RostroError `bad_config` when a value is out of range. */
export function checkMtcnnOptions(options: Partial<MtcnnOptions>): MtcnnOptions {
  const { thresholds, factor, minFacePx } = { ...MTCNN_DEFAULTS, ...options };
  if (!thresholds.every((threshold) => threshold >= 0 && threshold <= 1)) {
    throw new RostroError('bad_config', 'The MTCNN thresholds must be numbers from 0 to 1.');
  }
  if (!(factor > 0 && factor <= MAX_FACTOR)) {
    throw new RostroError('bad_config', `The MTCNN pyramid factor must lie between 0 and ${MAX_FACTOR}.`);
  }
  if (!(minFacePx >= PNET_WINDOW_PX && Number.isFinite(minFacePx))) {
    throw new RostroError('bad_config', `The smallest face for MTCNN must be at least ${PNET_WINDOW_PX} px.`);
  }
  return { thresholds, factor, minFacePx };
}
