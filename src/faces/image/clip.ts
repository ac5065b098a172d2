import type { Box } from './box.js';

/** A rectangle of whole pixels that lies inside its image: x + width <= image width, every field an integer. */
export interface PixelRect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * The whole pixels of a box that lie inside the image: clipped at the borders, then position and size each rounded down.
 * Ports `Box.clipAtImageBorders` of @vladmandic/face-api (src/classes/Box.ts), and differs where that leaves nothing: a
 * box outside the image, or thinner than a pixel, becomes the nearest single row or column.
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
