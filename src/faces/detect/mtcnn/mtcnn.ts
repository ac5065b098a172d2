import type { Session } from '../../../engine/engine.js';
import type { Box } from '../../image/box.js';
import type { RgbImage } from '../../image/image.js';
import { SummedPicture, type TableMemory } from '../../image/summed-picture.js';
import type { DetectedFace, Detector } from '../detector.js';
import type { Candidates } from './candidates.js';
import { CropNetwork } from './crops.js';
import { facesOf, proposalsAround } from './follow.js';
import { checkMtcnnOptions, type MtcnnOptions } from './options.js';
import { locateFaces } from './output.js';
import { propose } from './proposal.js';
import { pyramidLevels } from './pyramid.js';
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
