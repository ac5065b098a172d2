export type Corners = readonly [x1: number, y1: number, x2: number, y2: number];

/**
 * `nms` of detect_face.py, step by step: the best of the remaining boxes is picked, and every other that overlaps it by
 * more than the threshold goes. Corners count as pixels. Of equal scores the later box is better.
 * @returns the numbers of the boxes picked, best first
 */
export function pickOneByOne(
  boxes: readonly Corners[],
  scores: readonly number[],
  threshold: number,
  overlapOf: 'union' | 'min',
): number[] {
  let rest = scores.map((_, i) => i).sort((a, b) => scores[a] - scores[b]);
  const picked: number[] = [];
  while (rest.length > 0) {
    const best = rest.pop()!;
    picked.push(best);
    rest = rest.filter((other) => overlap(boxes[best], boxes[other], overlapOf) <= threshold);
  }
  return picked;
}

function overlap(a: Corners, b: Corners, overlapOf: 'union' | 'min'): number {
  const width = Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0]) + 1);
  const height = Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]) + 1);
  const common = width * height;
  return common / (overlapOf === 'min' ? Math.min(area(a), area(b)) : area(a) + area(b) - common);
}

function area([x1, y1, x2, y2]: Corners): number {
  return (x2 - x1 + 1) * (y2 - y1 + 1);
}
