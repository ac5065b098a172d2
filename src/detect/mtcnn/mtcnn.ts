import type { Session } from '../../runtime/engine.js';
import type { RgbImage } from '../../vision/image.js';
import { SummedPicture, type TableMemory } from '../../vision/summed-picture.js';
import type { DetectedFace, Detector } from '../detector.js';
import { CropNetwork } from './crops.js';
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

  /** One picture at a time, because a session is not re-entrant: calls wait for the one before. */
  detect(image: RgbImage): Promise<DetectedFace[]> {
    const run = this.lastRun.then(() => this.detectNow(image));
    this.lastRun = run.catch(() => undefined);
    return run;
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
    const candidates = await refine(this.rnet, picture, proposals, thresholds[1]);
    return locateFaces(this.onet, picture, candidates, thresholds[2]);
  }
}
