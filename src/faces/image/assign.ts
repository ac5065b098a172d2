import { iou, type Box } from './box.js';

/**
 * Pairs each box with at most one of the others, the best overlap first.
 * @param minOverlap intersection over union that a pair needs, 0..1
 * @returns for each of `boxes` the index of its pair in `others`, null where it has none
 */
export function pairByOverlap(boxes: readonly Box[], others: readonly Box[], minOverlap: number): (number | null)[] {
  const pairs = boxes
    .flatMap((box, index) => others.map((other, pair) => ({ index, pair, overlap: iou(box, other) })))
    .filter(({ overlap }) => overlap >= minOverlap)
    .sort((a, b) => b.overlap - a.overlap);
  const assigned = boxes.map((): number | null => null);
  const taken = new Set<number>();
  for (const { index, pair } of pairs) {
    if (assigned[index] !== null || taken.has(pair)) continue;
    assigned[index] = pair;
    taken.add(pair);
  }
  return assigned;
}
