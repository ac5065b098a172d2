import type { Box } from './box.js';
import type { RgbImage } from './image.js';

/** The picture with left and right exchanged. */
export function mirrorImage({ width, height, data }: RgbImage): RgbImage {
  const mirrored = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    let from = (y * width + width - 1) * 3;
    for (let to = y * width * 3, end = to + width * 3; to < end; to += 3, from -= 3) {
      mirrored[to] = data[from];
      mirrored[to + 1] = data[from + 1];
      mirrored[to + 2] = data[from + 2];
    }
  }
  return { width, height, data: mirrored };
}

/** Where a box of the picture lies in its mirror image. @param imageWidth pixels */
export function mirrorBox({ x, y, width, height }: Box, imageWidth: number): Box {
  return { x: imageWidth - x - width, y, width, height };
}
