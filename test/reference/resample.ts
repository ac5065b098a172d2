import type { Box } from '../../src/faces/image/box.js';
import type { RgbImage } from '../../src/faces/image/image.js';

/** What one output position of an axis is made of: the input positions from `first` on, each with its weight. */
interface Mix {
  readonly first: number;
  readonly weights: readonly number[];
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * INTER_AREA by its definition: every input pixel counts by the area that it shares with the output pixel, and what lies
 * outside the picture counts as black.
 * @returns interleaved R G B (HWC), 0..255, unrounded
 */
export function areaMeans(image: RgbImage, region: Box, size: Size): Float64Array {
  const columns = coveredShares(region.x, region.width, size.width, image.width);
  const rows = coveredShares(region.y, region.height, size.height, image.height);
  return mixed(image, columns, rows);
}

/**
 * Pillow's BILINEAR with `box` by its definition: input pixels weighed by a triangle about the output pixel's centre, as
 * wide as the output's step, at least one input pixel.
 * @returns interleaved R G B (HWC), 0..255, unrounded
 */
export function triangleMeans(image: RgbImage, region: Box, size: Size): Float64Array {
  const columns = triangles(region.x, region.width, size.width, image.width);
  const rows = triangles(region.y, region.height, size.height, image.height);
  return mixed(image, columns, rows);
}

function coveredShares(start: number, length: number, outputs: number, inputs: number): Mix[] {
  const cell = length / outputs;
  return Array.from({ length: outputs }, (_, i) => {
    const [from, to] = [start + i * cell, start + (i + 1) * cell];
    const first = Math.max(0, Math.floor(from));
    const weights: number[] = [];
    for (let at = first; at < Math.min(to, inputs); at++) {
      weights.push((Math.min(to, at + 1) - Math.max(from, at)) / cell);
    }
    return { first, weights };
  });
}

function triangles(start: number, length: number, outputs: number, inputs: number): Mix[] {
  const step = length / outputs;
  const reach = Math.max(1, step);
  return Array.from({ length: outputs }, (_, i) => {
    const centre = Math.min(Math.max(start + (i + 0.5) * step, 0), inputs);
    const first = Math.max(0, Math.floor(centre - reach));
    const heights: number[] = [];
    for (let at = first; at < Math.min(centre + reach, inputs); at++) {
      heights.push(Math.max(0, 1 - Math.abs(at + 0.5 - centre) / reach));
    }
    const sum = heights.reduce((a, b) => a + b, 0);
    return { first, weights: heights.map((height) => height / sum) };
  });
}

function mixed({ data, width }: RgbImage, columns: readonly Mix[], rows: readonly Mix[]): Float64Array {
  const out = new Float64Array(3 * columns.length * rows.length);
  let to = 0;
  for (const row of rows) {
    for (const column of columns) {
      for (let j = 0; j < row.weights.length; j++) {
        for (let i = 0; i < column.weights.length; i++) {
          const from = 3 * ((row.first + j) * width + column.first + i);
          const weight = row.weights[j] * column.weights[i];
          out[to] += weight * data[from];
          out[to + 1] += weight * data[from + 1];
          out[to + 2] += weight * data[from + 2];
        }
      }
      to += 3;
    }
  }
  return out;
}
