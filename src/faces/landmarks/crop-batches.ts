import type { Session } from '../../engine/engine.js';
import { resizeSquare } from '../image/bilinear.js';
import type { PixelRect } from '../image/clip.js';
import type { RgbImage } from '../image/image.js';

/** Bounds the memory of one run; larger batches are no faster on a CPU. */
const BATCH = 16;

/** @returns parts of an image one behind the other, each centred in a black square, as R G B planes (CHW), 0..255 */
export function cutCrops(image: RgbImage, rects: readonly PixelRect[], sizePx: number): Float32Array {
  const stride = 3 * sizePx * sizePx;
  const crops = new Float32Array(rects.length * stride);
  rects.forEach((rect, i) => {
    resizeSquare(image, rect, 'centre', sizePx, crops, i * stride);
  });
  return crops;
}

/**
 * Runs a network on such crops.
 * @param session one input [N, 3, sizePx, sizePx], R G B, 0..255, and one output [N, values]
 * @returns the values of each crop, in their order
 */
export async function runOnCrops(session: Session, crops: Float32Array, sizePx: number): Promise<Float32Array[]> {
  const results: Float32Array[] = [];
  const stride = 3 * sizePx * sizePx;
  for (let from = 0; from < crops.length; from += BATCH * stride) {
    const batch = crops.subarray(from, from + BATCH * stride);
    const feeds = { [session.inputs[0]]: { data: batch, dims: [batch.length / stride, 3, sizePx, sizePx] } };
    const { data, dims } = (await session.run(feeds))[session.outputs[0]];
    for (let i = 0; i < dims[0]; i++) results.push(data.slice(i * dims[1], (i + 1) * dims[1]));
  }
  return results;
}
