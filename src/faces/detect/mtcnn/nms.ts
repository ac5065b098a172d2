/** What the overlap of two boxes is divided by: the area of their union, or that of the smaller box. */
export type OverlapOf = 'union' | 'min';

/**
 * Greedy non-maximum suppression: keeps the best box, drops boxes that overlap it by more than the threshold, repeats.
 * Sides count whole pixels including the corners (x2 - x1 + 1), as `nms` in facenet's detect_face.py. Of equal scores
 * the later box wins, as there.
 * @param boxes x1 y1 x2 y2 of each box, length 4 * scores.length
 * @param threshold 0..1; a box with exactly this overlap is kept
 * @returns the kept indices, by descending score
 */
export function nonMaximumSuppression(
  boxes: Float64Array,
  scores: Float64Array,
  threshold: number,
  overlapOf: OverlapOf,
): Int32Array {
  const byScore = indicesSorted(scores.length, (a, b) => scores[b] - scores[a] || b - a);
  const byLeft = indicesSorted(scores.length, (a, b) => boxes[4 * a] - boxes[4 * b]);
  const place = new Int32Array(scores.length);
  byLeft.forEach((index, i) => (place[index] = i));
  const neighbours = new Neighbours(boxes, byLeft, threshold, overlapOf);
  return byScore.filter((index) => neighbours.keep(place[index]));
}

function indicesSorted(count: number, compare: (a: number, b: number) => number): Int32Array {
  const indices = new Int32Array(count);
  for (let i = 0; i < count; i++) indices[i] = i;
  return indices.sort(compare);
}

/** Boxes sorted by their left sides: only boxes that start near a box need to be compared with it. */
class Neighbours {
  private readonly left: Float64Array;
  private readonly top: Float64Array;
  private readonly right: Float64Array;
  private readonly bottom: Float64Array;
  private readonly done: Uint8Array;

  constructor(
    boxes: Float64Array,
    byLeft: Int32Array,
    private readonly threshold: number,
    private readonly overlapOf: OverlapOf,
  ) {
    const count = byLeft.length;
    this.left = new Float64Array(count);
    this.top = new Float64Array(count);
    this.right = new Float64Array(count);
    this.bottom = new Float64Array(count);
    this.done = new Uint8Array(count);
    for (let i = 0; i < count; i++) {
      const at = 4 * byLeft[i];
      this.left[i] = boxes[at];
      this.top[i] = boxes[at + 1];
      this.right[i] = boxes[at + 2];
      this.bottom[i] = boxes[at + 3];
    }
  }

  /**
   * Keeps a box unless a better one dropped it, and drops the boxes that overlap it.
   * @returns whether the box was kept
   */
  keep(box: number): boolean {
    if (this.done[box] === 1) return false;
    this.done[box] = 1;
    const [lowest, highest] = this.reach(box);
    for (let k = box - 1; k >= 0 && this.left[k] >= lowest; k--) this.dropIfOverlapping(box, k);
    for (let k = box + 1; k < this.left.length && this.left[k] <= highest; k++) this.dropIfOverlapping(box, k);
    return true;
  }

  /**
   * The range of left sides of boxes that can overlap this one too much. The intersection is at most as high as either
   * box, so its share of the union exceeds `threshold` only if it is wider than `threshold` times the wider box.
   * Relative to the smaller box there is no such bound.
   */
  private reach(box: number): [number, number] {
    if (this.overlapOf === 'min') return [-Infinity, Infinity];
    const width = this.right[box] - this.left[box] + 1;
    const beyond = (1 - this.threshold) * width;
    return [this.left[box] - beyond / this.threshold, this.left[box] + beyond];
  }

  private dropIfOverlapping(a: number, b: number): void {
    const { left, top, right, bottom, done } = this;
    if (done[b] === 1) return;
    const height = Math.min(bottom[a], bottom[b]) - Math.max(top[a], top[b]) + 1;
    if (height <= 0) return;
    const width = Math.min(right[a], right[b]) - Math.max(left[a], left[b]) + 1;
    if (width <= 0) return;
    const common = width * height;
    const areaA = (right[a] - left[a] + 1) * (bottom[a] - top[a] + 1);
    const areaB = (right[b] - left[b] + 1) * (bottom[b] - top[b] + 1);
    const whole = this.overlapOf === 'min' ? Math.min(areaA, areaB) : areaA + areaB - common;
    if (common / whole > this.threshold) done[b] = 1;
  }
}
