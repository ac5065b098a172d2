import type { PixelRect } from '../image/box.js';
import type { RgbImage } from '../image/image.js';
import { type KernelEnum, sharp } from '../image/sharp.js';

/** How a crop becomes the input of a network. */
export interface InputFormat {
  /** Side of the square input, pixels. */
  readonly side: number;
  /** Order of the planes of the input (CHW). */
  readonly colour: 'RGB' | 'BGR';
  /** A pixel 0..255 is divided by this. */
  readonly divisor: number;
  /** Filter that resizes the crop. The scores depend on it: with OpenCV's INTER_LINEAR they are others. */
  readonly kernel: keyof KernelEnum;
}

/**
 * Inputs of networks from regions of one picture. Networks that look at the same region in the same way share one: near faces
 * have their surroundings up to the edge of the picture in common.
 */
export class CropInputs {
  private readonly inputs = new Map<string, Promise<Float32Array>>();

  constructor(readonly image: RgbImage) {}

  /** @param region may extend beyond the picture, which is mirrored there, without the edge twice */
  input(region: PixelRect, format: InputFormat): Promise<Float32Array> {
    const { x, y, width, height } = region;
    const { side, colour, divisor, kernel } = format;
    const key = [x, y, width, height, side, colour, divisor, kernel].join();
    const made = this.inputs.get(key) ?? makeInput(cutMirrored(this.image, region), format);
    this.inputs.set(key, made);
    return made;
  }
}

async function makeInput({ width, height, data }: RgbImage, format: InputFormat): Promise<Float32Array> {
  const { side, colour, divisor, kernel } = format;
  const pixels = await sharp(data, { raw: { width, height, channels: 3 } })
    .resize(side, side, { fit: 'fill', kernel })
    .raw()
    .toBuffer();
  const plane = side * side;
  const input = new Float32Array(3 * plane);
  for (let c = 0; c < 3; c++) {
    const channel = colour === 'RGB' ? c : 2 - c;
    for (let i = 0; i < plane; i++) input[c * plane + i] = pixels[3 * i + channel] / divisor;
  }
  return input;
}

/** Copies a region; beyond the picture it is mirrored, without the edge twice. */
function cutMirrored(image: RgbImage, { x, y, width, height }: PixelRect): RgbImage {
  const data = new Uint8Array(3 * width * height);
  const start = Math.max(x, 0);
  const end = Math.max(start, Math.min(x + width, image.width));
  const outside = Array.from({ length: width }, (_, i) => x + i).filter((column) => column < start || column >= end);
  for (let row = 0; row < height; row++) {
    const source = mirrored(y + row, image.height) * image.width;
    const target = row * width - x;
    data.set(image.data.subarray(3 * (source + start), 3 * (source + end)), 3 * (target + start));
    for (const column of outside) {
      const from = 3 * (source + mirrored(column, image.width));
      for (let c = 0; c < 3; c++) data[3 * (target + column) + c] = image.data[from + c];
    }
  }
  return { width, height, data };
}

/** The position in 0..limit-1 whose mirror image is at `position`. */
function mirrored(position: number, limit: number): number {
  const period = Math.max(1, 2 * (limit - 1));
  const offset = ((position % period) + period) % period;
  return Math.min(offset, period - offset);
}
