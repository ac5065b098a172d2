import { iou, type Box } from '../image/box.js';

/** Source: @vladmandic/face-api, src/ssdMobilenetv1/SsdMobilenetv1.ts (`iouThreshold`). */
const MAX_OVERLAP = 0.5;

export interface ScoredBox {
  readonly box: Box;
  /** 0..1 */
  readonly score: number;
}

/**
 * Greedy non-maximum suppression: of boxes that overlap by more than half the best one stays.
 * Ports src/ssdMobilenetv1/nonMaxSuppression.ts of @vladmandic/face-api.
 *
 * @param boxes top, left, bottom, right of each box, one after another, in any unit
 * @param scores one a box
 * @param minScore a box at or under this score is no face
 * @returns at most `maxBoxes`, in the unit of `boxes`, best first
 */
export function suppress(boxes: Float32Array, scores: Float32Array, minScore: number, maxBoxes: number): ScoredBox[] {
  const candidates: ScoredBox[] = [];
  for (let i = 0; i < scores.length; i++) {
    if (scores[i] > minScore) candidates.push({ box: boxAt(boxes, i), score: scores[i] });
  }
  candidates.sort((a, b) => b.score - a.score);

  const kept: ScoredBox[] = [];
  for (const candidate of candidates) {
    if (kept.length >= maxBoxes) break;
    if (kept.every(({ box }) => iou(box, candidate.box) <= MAX_OVERLAP)) kept.push(candidate);
  }
  return kept;
}

function boxAt(boxes: Float32Array, index: number): Box {
  const [top, left, bottom, right] = boxes.subarray(index * 4, index * 4 + 4);
  return { x: left, y: top, width: right - left, height: bottom - top };
}
