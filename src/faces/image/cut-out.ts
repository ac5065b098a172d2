import type { Box } from './box.js';
import type { RgbImage } from './image.js';

/**
 * A copy of a square part of the picture around a box, as far as it lies in the picture.
 * @param surroundings side of the part in longer sides of the box
 */
export function cutOut(image: RgbImage, box: Box, surroundings: number): RgbImage {
  const side = Math.max(box.width, box.height) * surroundings;
  const [left, width] = within(box.x + box.width / 2, side, image.width);
  const [top, height] = within(box.y + box.height / 2, side, image.height);
  const data = new Uint8Array(3 * width * height);
  for (let row = 0; row < height; row++) {
    const from = 3 * ((top + row) * image.width + left);
    data.set(image.data.subarray(from, from + 3 * width), 3 * row * width);
  }
  return { width, height, data };
}

/** @returns where it begins and how long it is, whole pixels, at least one */
function within(centre: number, side: number, length: number): [start: number, size: number] {
  const start = Math.min(Math.max(0, Math.floor(centre - side / 2)), length - 1);
  const end = Math.max(start + 1, Math.min(length, Math.ceil(centre + side / 2)));
  return [start, end - start];
}
