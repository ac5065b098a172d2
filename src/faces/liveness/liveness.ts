import { join } from 'node:path';
import type { Engine } from '../../engine/engine.js';
import type { DetectorName } from '../detect/detector.js';
import { clipToImage, type Box } from '../image/box.js';
import { cellGreys } from '../image/appearance.js';
import type { RgbImage } from '../image/image.js';
import { CropInputs } from './crop-inputs.js';
import { LIVENESS_CARDS, LivenessNetwork, logit } from './networks.js';

export const VERDICTS = ['live', 'spoof', 'unsure'] as const;
export const VERDICT_REASONS = [
  'below_threshold',
  'too_small',
  'cut_off',
  'too_close',
  'too_dark',
  'few_looks',
] as const;

/** Whether a face is that of a living person or a picture of one, by its look. */
export interface Liveness {
  /** 0..1, higher for a living person; null where the face was not scored. */
  readonly score: number | null;
  readonly verdict: (typeof VERDICTS)[number];
  /** `below_threshold` for `spoof`, one of the others for `unsure`, null for `live`. */
  readonly why: (typeof VERDICT_REASONS)[number] | null;
}

/** Which networks score, as plain data for another thread. */
export interface LivenessSpec {
  /** Folder of the files of {@link LIVENESS_CARDS}. */
  readonly dir: string;
  /** Least score of a living person, 0..1. */
  readonly threshold: number;
}

/**
 * Mean logit that becomes the score 0.5: the middle of the gap between printed photos (at most -5.30, -5.00, -4.39, -4.19) and
 * people (at least -4.18, -3.68, -3.05, -1.92) of NUAA's training split. The networks see another part of the picture with the
 * boxes of another detector (docs/liveness.md, "Other detectors").
 */
const MEAN_LOGIT_OF_HALF: Readonly<Record<DetectorName, number>> = {
  mtcnn: -4.74,
  yunet: -4.34,
  ssd: -3.72,
  haar: -3.05,
};
/** Shorter side of the smallest face that is judged, pixels (docs/liveness.md, "Small and dark faces"). */
export const MIN_JUDGED_PX = 48;
/**
 * Least size of the image, in sizes of the face: the networks look at its surroundings. Of 15 whole faces in crops of 1.1 to 1.4
 * times their size 10 were refused; photos of 1.9 times and more are judged right (docs/benchmarks.md, "Liveness").
 */
const MIN_SURROUNDINGS = 1.5;
/** Mean grey of the darkest face that is judged, 0..1: darker printed photos look alive (the same). */
export const MIN_BRIGHTNESS = 0.18;
/** Looks that decide in a live session: the last ones, and the least number. */
export const LOOKS = { last: 5, least: 3 } as const;

/** Judges faces by the mean of the logits of all networks. */
export class LivenessCheck {
  private constructor(
    private readonly networks: readonly LivenessNetwork[],
    readonly threshold: number,
    private readonly logitOfHalf: number,
  ) {}

  /**
   * @param detector whose boxes are judged
   * @throws RostroError `bad_model_file`; `storage_failed` when a network cannot be stored in `cacheDir`
   */
  static async load(
    engine: Engine,
    { dir, threshold }: LivenessSpec,
    cacheDir: string,
    detector: DetectorName = 'mtcnn',
  ): Promise<LivenessCheck> {
    const networks = Object.entries(LIVENESS_CARDS).map(([file, card]) =>
      LivenessNetwork.load(engine, join(dir, file), card, cacheDir),
    );
    return new LivenessCheck(await Promise.all(networks), threshold, MEAN_LOGIT_OF_HALF[detector]);
  }

  /**
   * @param image upright; with the surroundings of the face, up to 4 times its box, which the networks look at
   * @param face its box in pixels of the image, and whether the edge of the image cuts it
   */
  async judge(image: RgbImage, { box, cutOff }: { readonly box: Box; readonly cutOff: boolean }): Promise<Liveness> {
    if (Math.min(box.width, box.height) < MIN_JUDGED_PX) return unsure('too_small');
    if (cutOff) return unsure('cut_off');
    if (Math.min(image.width / box.width, image.height / box.height) < MIN_SURROUNDINGS) return unsure('too_close');
    if (brightnessOf(image, box) < MIN_BRIGHTNESS) return unsure('too_dark');
    return judged(await this.score(image, box), this.threshold);
  }

  /** @returns 0..1; 0.5 lies between people and printed photos */
  async score(image: RgbImage, box: Box): Promise<number> {
    const crops = new CropInputs(image);
    const logits = await Promise.all(this.networks.map((network) => network.logit(crops, box)));
    const mean = logits.reduce((sum, value) => sum + value, 0) / logits.length;
    return sigmoid(mean - this.logitOfHalf);
  }
}

/**
 * The verdict over several looks at one face: the mean of the logits of the last ones that were scored.
 * @param looks oldest first
 */
export function judgeLooks(looks: readonly Liveness[], threshold: number): Liveness {
  const last = looks.slice(-LOOKS.last);
  const scores = last.flatMap(({ score }) => (score === null ? [] : [score]));
  if (scores.length < LOOKS.least) return last.at(-1)?.score === null ? last.at(-1)! : unsure('few_looks');
  const mean = scores.reduce((sum, score) => sum + logit(score), 0) / scores.length;
  return judged(sigmoid(mean), threshold);
}

function judged(score: number, threshold: number): Liveness {
  return score >= threshold
    ? { score, verdict: 'live', why: null }
    : { score, verdict: 'spoof', why: 'below_threshold' };
}

function unsure(why: NonNullable<Liveness['why']>): Liveness {
  return { score: null, verdict: 'unsure', why };
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}

/** Mean grey of the visible part of a face, 0..1, from 32 x 32 samples. */
function brightnessOf(image: RgbImage, box: Box): number {
  return cellGreys(image, clipToImage(box, image), 1, 1, 32)[0] / 255;
}
