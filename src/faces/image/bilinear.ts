import type { PixelRect } from './box.js';
import type { RgbImage } from './image.js';

/** Where the padding goes that makes a rectangle square: after it, or half on each side. */
export type SquarePadding = 'end' | 'centre';

/** For each output position of one axis: two neighbouring source positions and their weights (0 in the padding). */
interface Axis {
  readonly near: Int32Array;
  readonly far: Int32Array;
  readonly nearWeight: Float32Array;
  readonly farWeight: Float32Array;
}

/**
 * Crops a rectangle, pads it to a square with black and resizes that to size × size, bilinearly. Output position i
 * reads source position i · side / size: TensorFlow's `resizeBilinear` with `alignCorners` and `halfPixelCenters` off.
 * The square itself is never built. Ports `padToSquare` and `NetInput.toBatchTensor` of @vladmandic/face-api: of an odd
 * padding, the larger half comes after the image.
 *
 * @param out receives 3 · size² values from `offset` on: planes R, G, B (CHW), each row-major, 0..255
 */
export function resizeSquare(
  image: RgbImage,
  rect: PixelRect,
  padding: SquarePadding,
  size: number,
  out: Float32Array,
  offset = 0,
): void {
  const side = Math.max(rect.width, rect.height);
  const columns = axis(rect.x, rect.width, side, padding, size, 3);
  const rows = axis(rect.y, rect.height, side, padding, size, 3 * image.width);
  for (let y = 0; y < size; y++) {
    const start = offset + y * size;
    if (rows.nearWeight[y] === 0 && rows.farWeight[y] === 0) {
      for (let channel = 0; channel < 3; channel++) {
        const plane = start + channel * size * size;
        out.fill(0, plane, plane + size);
      }
    } else {
      resizeRow(image.data, columns, rows, y, size, out, start);
    }
  }
}

/**
 * @param first start of the rectangle on this axis of the image
 * @param stride bytes from one position to the next
 */
function axis(first: number, length: number, side: number, padding: SquarePadding, size: number, stride: number): Axis {
  const before = padding === 'centre' ? Math.floor((side - length) / 2) : 0;
  const ratio = side / size;
  const near = new Int32Array(size);
  const far = new Int32Array(size);
  const nearWeight = new Float32Array(size);
  const farWeight = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    const position = i * ratio;
    const floor = Math.floor(position);
    const fraction = position - floor;
    const a = floor - before;
    const b = Math.min(floor + 1, side - 1) - before;
    if (a >= 0 && a < length) {
      near[i] = (first + a) * stride;
      nearWeight[i] = 1 - fraction;
    }
    if (b >= 0 && b < length) {
      far[i] = (first + b) * stride;
      farWeight[i] = fraction;
    }
  }
  return { near, far, nearWeight, farWeight };
}

function resizeRow(
  data: Uint8Array,
  columns: Axis,
  rows: Axis,
  y: number,
  size: number,
  out: Float32Array,
  start: number,
): void {
  const { near, far, nearWeight, farWeight } = columns;
  const top = rows.near[y];
  const bottom = rows.far[y];
  const topWeight = rows.nearWeight[y];
  const bottomWeight = rows.farWeight[y];
  const plane = size * size;
  for (let x = 0, red = start; x < size; x++, red++) {
    const a = top + near[x];
    const b = top + far[x];
    const c = bottom + near[x];
    const d = bottom + far[x];
    const aWeight = topWeight * nearWeight[x];
    const bWeight = topWeight * farWeight[x];
    const cWeight = bottomWeight * nearWeight[x];
    const dWeight = bottomWeight * farWeight[x];
    out[red] = data[a] * aWeight + data[b] * bWeight + data[c] * cWeight + data[d] * dWeight;
    out[red + plane] = data[a + 1] * aWeight + data[b + 1] * bWeight + data[c + 1] * cWeight + data[d + 1] * dWeight;
    out[red + 2 * plane] =
      data[a + 2] * aWeight + data[b + 2] * bWeight + data[c + 2] * cWeight + data[d + 2] * dWeight;
  }
}
