import type { Session } from '../runtime/engine.js';
import { resizeSquare } from '../vision/bilinear.js';
import type { PixelRect } from '../vision/clip.js';
import type { RgbImage } from '../vision/image.js';

/** Bounds the memory of one run; larger batches are no faster on a CPU. */
const BATCH = 16;

/**
 * Runs a network on parts of an image, each centred in a black square of `sizePx`.
 * @param session one input [N, 3, sizePx, sizePx], R G B, 0..255, and one output [N, values]
 * @returns the values of each part, in the order of `rects`
 */
export async function runOnCrops(
  session: Session,
  image: RgbImage,
  rects: readonly PixelRect[],
  sizePx: number,
): Promise<Float32Array[]> {
  const results: Float32Array[] = [];
  const stride = 3 * sizePx * sizePx;
  for (let start = 0; start < rects.length; start += BATCH) {
    const batch = rects.slice(start, start + BATCH);
    const pixels = new Float32Array(batch.length * stride);
    batch.forEach((rect, i) => {
      resizeSquare(image, rect, 'centre', sizePx, pixels, i * stride);
    });
    const feeds = { [session.inputs[0]]: { data: pixels, dims: [batch.length, 3, sizePx, sizePx] } };
    const { data, dims } = (await session.run(feeds))[session.outputs[0]];
    for (let i = 0; i < batch.length; i++) results.push(data.slice(i * dims[1], (i + 1) * dims[1]));
  }
  return results;
}
