import type { Box } from './box.js';
import type { RgbImage } from './image.js';

/**
 * For each output position, its input positions and their weights: `first[i]` is the first input; `weights[i * taps
 * ..]` are the weights of the next `taps` inputs, with sum 1.
 */
interface Taps {
  readonly first: Int32Array;
  readonly taps: number;
  readonly weights: Float32Array;
}

/**
 * A triangle filter as wide as the output step, at least one input pixel: bilinear when enlarging, free of aliasing
 * when shrinking. Same rule as Pillow's `BILINEAR` with `box` (Pillow `src/libImaging/Resample.c`, precompute_coeffs),
 * in float instead of 8-bit fixed point.
 */
function triangleTaps(start: number, length: number, outputSize: number, inputSize: number): Taps {
  const step = length / outputSize;
  const support = Math.max(1, step);
  const taps = Math.min(inputSize, Math.ceil(support * 2));
  const first = new Int32Array(outputSize);
  const weights = new Float32Array(outputSize * taps);
  for (let i = 0; i < outputSize; i++) {
    const centre = Math.min(Math.max(start + (i + 0.5) * step, 0), inputSize);
    const from = Math.min(Math.max(Math.floor(centre - support + 0.5), 0), inputSize - taps);
    let sum = 0;
    for (let t = 0; t < taps; t++) {
      const weight = Math.max(0, 1 - Math.abs(from + t + 0.5 - centre) / support);
      weights[i * taps + t] = weight;
      sum += weight;
    }
    first[i] = from;
    for (let t = 0; t < taps; t++) weights[i * taps + t] /= sum;
  }
  return { first, taps, weights };
}

/**
 * Resamples a region to width × height pixels. Outside the image its nearest edge is repeated.
 * @param region in pixels of the image, fractional; width and height must be positive
 * @param out receives interleaved R G B (HWC), 0..255, not rounded; length 3 * width * height
 */
export function resampleRegion(image: RgbImage, region: Box, width: number, height: number, out: Float32Array): void {
  const horizontal = triangleTaps(region.x, region.width, width, image.width);
  const vertical = triangleTaps(region.y, region.height, height, image.height);
  const firstRow = vertical.first[0];
  const lastRow = vertical.first[height - 1] + vertical.taps;

  const rows = new Float32Array((lastRow - firstRow) * width * 3);
  for (let y = firstRow; y < lastRow; y++) {
    resampleRow(image.data, y * image.width * 3, horizontal, width, rows, (y - firstRow) * width * 3);
  }
  for (let y = 0; y < height; y++) {
    mixRows(rows, vertical, y, firstRow, width * 3, out.subarray(y * width * 3, (y + 1) * width * 3));
  }
}

/** One output row: the weighted sum of its input rows, two at a time. */
function mixRows(
  rows: Float32Array,
  { first, taps, weights }: Taps,
  y: number,
  firstRow: number,
  rowLength: number,
  target: Float32Array,
): void {
  for (let t = 0; t < taps; t += 2) {
    const weight = weights[y * taps + t];
    const nextWeight = t + 1 < taps ? weights[y * taps + t + 1] : 0;
    if (t > 0 && weight === 0 && nextWeight === 0) continue;
    const from = (first[y] - firstRow + t) * rowLength;
    const next = nextWeight === 0 ? from : from + rowLength;
    if (t === 0) for (let i = 0; i < rowLength; i++) target[i] = weight * rows[from + i] + nextWeight * rows[next + i];
    else for (let i = 0; i < rowLength; i++) target[i] += weight * rows[from + i] + nextWeight * rows[next + i];
  }
}

function resampleRow(
  source: Uint8Array,
  sourceStart: number,
  { first, taps, weights }: Taps,
  width: number,
  target: Float32Array,
  targetStart: number,
): void {
  for (let x = 0; x < width; x++) {
    let red = 0;
    let green = 0;
    let blue = 0;
    for (let t = 0; t < taps; t++) {
      const weight = weights[x * taps + t];
      const at = sourceStart + (first[x] + t) * 3;
      red += weight * source[at];
      green += weight * source[at + 1];
      blue += weight * source[at + 2];
    }
    const to = targetStart + x * 3;
    target[to] = red;
    target[to + 1] = green;
    target[to + 2] = blue;
  }
}
