/** A rectangle in pixels of the upright image: x to the right, y down, fractional; may extend beyond the image. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A point in pixels of the upright image, fractional. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Left eye, right eye, nose, left mouth corner, right mouth corner, as seen in the image (left is the smaller x). */
export type Landmarks5 = readonly [Point, Point, Point, Point, Point];

/** Intersection over union of two boxes with continuous edges (no +1), 0..1. */
export function iou(a: Box, b: Box): number {
  const overlapWidth = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const overlapHeight = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (overlapWidth <= 0 || overlapHeight <= 0) return 0;
  const overlap = overlapWidth * overlapHeight;
  return overlap / (a.width * a.height + b.width * b.height - overlap);
}

/** A rectangle of whole pixels inside its image: x + width <= image width, all fields integers. */
export interface PixelRect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A rectangle of whole pixels that may extend beyond its image. */
export type PixelRegion = PixelRect;

/**
 * The whole pixels of a box inside the image: clipped to the edges, then position and size each rounded down. Ports
 * `Box.clipAtImageBorders` of @vladmandic/face-api (src/classes/Box.ts) and differs when nothing remains: a box outside
 * the image, or thinner than a pixel, becomes the nearest single row or column.
 */
export function clipToImage(box: Box, image: { readonly width: number; readonly height: number }): PixelRect {
  const [x, width] = clipSpan(box.x, box.width, image.width);
  const [y, height] = clipSpan(box.y, box.height, image.height);
  return { x, y, width, height };
}

function clipSpan(start: number, length: number, limit: number): [start: number, length: number] {
  const first = Math.max(start, 0);
  const clipped = Math.floor(Math.min(start + length - first, limit - first));
  return [Math.min(Math.floor(first), limit - 1), Math.max(clipped, 1)];
}

/**
 * Pairs each box with at most one of `others`, greatest overlap first.
 * @param minOverlap minimum IoU of a pair, 0..1
 * @returns for each of `boxes` the index of its pair in `others`; null when it has none
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

/** IoU from which two boxes count as the same face. Source: PASCAL VOC, and all face detection benchmarks since. */
export const SAME_FACE_IOU = 0.5;

/** The number of pairs that {@link pairByOverlap} finds. */
export function countPairs(a: readonly Box[], b: readonly Box[], minIou = SAME_FACE_IOU): number {
  return pairByOverlap(a, b, minIou).filter((pair) => pair !== null).length;
}
