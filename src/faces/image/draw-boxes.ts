import type { Box } from './box.js';
import type { RgbImage } from './image.js';

/** Red, green and blue, 0..255. */
export type Colour = readonly [number, number, number];

/** Draws the outline of a box into the pixels of a picture; what sticks out is left out. */
export function drawBox(image: RgbImage, box: Box, colour: Colour, linePx: number): void {
  const left = Math.round(box.x);
  const top = Math.round(box.y);
  const right = Math.round(box.x + box.width);
  const bottom = Math.round(box.y + box.height);
  fill(image, left, top, right, top + linePx, colour);
  fill(image, left, bottom - linePx, right, bottom, colour);
  fill(image, left, top, left + linePx, bottom, colour);
  fill(image, right - linePx, top, right, bottom, colour);
}

function fill(image: RgbImage, left: number, top: number, right: number, bottom: number, colour: Colour): void {
  const endX = Math.min(right, image.width);
  const endY = Math.min(bottom, image.height);
  for (let y = Math.max(top, 0); y < endY; y++) {
    for (let x = Math.max(left, 0); x < endX; x++) image.data.set(colour, (y * image.width + x) * 3);
  }
}
