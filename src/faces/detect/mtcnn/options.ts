import { RostroError } from '../../../shared/errors.js';
import { PNET_WINDOW_PX } from './pyramid.js';

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
