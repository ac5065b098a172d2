import { iou, type Box } from './box.js';

/** Two boxes show one face if they overlap this much. Source: PASCAL VOC, and every face benchmark since. */
export const SAME_FACE_IOU = 0.5;

/**
 * How many boxes of one list have a partner of their own in the other: pairs that overlap enough, most overlap first,
 * each box in one pair at most.
 */
export function agreeing(a: readonly Box[], b: readonly Box[], minIou = SAME_FACE_IOU): number {
  const pairs = a
    .flatMap((first, i) => b.map((second, j) => ({ i, j, overlap: iou(first, second) })))
    .filter(({ overlap }) => overlap >= minIou)
    .sort((x, y) => y.overlap - x.overlap);
  const takenA = new Set<number>();
  const takenB = new Set<number>();
  for (const { i, j } of pairs) {
    if (takenA.has(i) || takenB.has(j)) continue;
    takenA.add(i);
    takenB.add(j);
  }
  return takenA.size;
}
