/** A rectangle in pixels of the upright original: x to the right, y down, fractional, may stick out of the image. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A point in pixels of the upright original, fractional. */
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
