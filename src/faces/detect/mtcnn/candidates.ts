import { nonMaximumSuppression, type OverlapOf } from './nms.js';

/**
 * Candidate boxes in flat arrays. Corners are in pixels of the image, counted from 1 and inclusive, as in
 * detect_face.py (which was ported from MATLAB).
 */
export interface Candidates {
  readonly count: number;
  /** x1 y1 x2 y2 of each. */
  readonly boxes: Float64Array;
  readonly scores: Float64Array;
  /** Offsets of x1 y1 x2 y2 of each box, as shares of its width and height. */
  readonly regression: Float64Array;
}

/** x1 y1 x2 y2 of one candidate; a view, not a copy. */
export function cornersOf({ boxes }: Candidates, index: number): Float64Array {
  return boxes.subarray(4 * index, 4 * index + 4);
}

/** A growing list of candidates. */
export class CandidateList {
  private readonly boxes: number[] = [];
  private readonly scores: number[] = [];
  private readonly regression: number[] = [];

  /**
   * @param corners x1 y1 x2 y2
   * @param regression map or list whose values for this box start at `at`, `step` apart
   */
  push(corners: ArrayLike<number>, score: number, regression: Float32Array, at: number, step = 1): void {
    this.boxes.push(corners[0], corners[1], corners[2], corners[3]);
    this.scores.push(score);
    this.regression.push(regression[at], regression[at + step], regression[at + 2 * step], regression[at + 3 * step]);
  }

  append({ boxes, scores, regression }: Candidates): void {
    for (const value of boxes) this.boxes.push(value);
    for (const value of scores) this.scores.push(value);
    for (const value of regression) this.regression.push(value);
  }

  finish(): Candidates {
    return {
      count: this.scores.length,
      boxes: Float64Array.from(this.boxes),
      scores: Float64Array.from(this.scores),
      regression: Float64Array.from(this.regression),
    };
  }
}

/**
 * Non-maximum suppression.
 * @returns the remaining candidates by descending score; `kept` has their indices in the input
 */
export function suppress(
  candidates: Candidates,
  threshold: number,
  overlapOf: OverlapOf,
): Candidates & { kept: Int32Array } {
  const kept = nonMaximumSuppression(candidates.boxes, candidates.scores, threshold, overlapOf);
  const boxes = new Float64Array(4 * kept.length);
  const scores = new Float64Array(kept.length);
  const regression = new Float64Array(4 * kept.length);
  kept.forEach((from, to) => {
    boxes.set(candidates.boxes.subarray(4 * from, 4 * from + 4), 4 * to);
    scores[to] = candidates.scores[from];
    regression.set(candidates.regression.subarray(4 * from, 4 * from + 4), 4 * to);
  });
  return { count: kept.length, boxes, scores, regression, kept };
}

/** The first `most`, which after {@link suppress} are the surest. */
export function firstOf({ count, boxes, scores, regression }: Candidates, most: number): Candidates {
  return {
    count: Math.min(count, most),
    boxes: boxes.subarray(0, 4 * most),
    scores: scores.subarray(0, most),
    regression: regression.subarray(0, 4 * most),
  };
}

/**
 * Applies its regression to each box, in place.
 * @param extra added to width and height before they scale the regression: the first stage of detect_face.py scales by
 * x2 - x1, `bbreg` in the later stages by x2 - x1 + 1
 */
export function applyRegression({ count, boxes, regression }: Candidates, extra: 0 | 1): void {
  for (let i = 0; i < 4 * count; i += 4) {
    const width = boxes[i + 2] - boxes[i] + extra;
    const height = boxes[i + 3] - boxes[i + 1] + extra;
    boxes[i] += regression[i] * width;
    boxes[i + 1] += regression[i + 1] * height;
    boxes[i + 2] += regression[i + 2] * width;
    boxes[i + 3] += regression[i + 3] * height;
  }
}

/**
 * Grows each box to a square around its centre and truncates the corners to whole pixels, in place (`rerec`, `fix`).
 */
export function squareToPixels({ count, boxes }: Candidates): void {
  for (let i = 0; i < 4 * count; i += 4) {
    const width = boxes[i + 2] - boxes[i];
    const height = boxes[i + 3] - boxes[i + 1];
    const side = Math.max(width, height);
    const x = boxes[i] + width * 0.5 - side * 0.5;
    const y = boxes[i + 1] + height * 0.5 - side * 0.5;
    boxes[i] = Math.trunc(x);
    boxes[i + 1] = Math.trunc(y);
    boxes[i + 2] = Math.trunc(x + side);
    boxes[i + 3] = Math.trunc(y + side);
  }
}
