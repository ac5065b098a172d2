import type { RgbImage } from './image.js';

/** One line of a summed-area table: entry 3 * i + c is channel c summed over i columns and all rows down to the line. */
export type SumLine = Int32Array | Float64Array;

/** The part of a picture's width that sums cover: the columns [start, end). */
export interface Columns {
  readonly start: number;
  readonly end: number;
}

/** The two lines of a summed-area table (Crow 1984) around one row of a picture. */
export interface AreaSums {
  readonly columns: Columns;
  /** Down to the top of the current row. */
  readonly above: SumLine;
  /** Down to the bottom of the current row. */
  readonly below: SumLine;
  /** Makes `y` the current row: the first may be any, from then on the next one down. */
  advance(y: number): void;
}

/** A sum of so many 8-bit pixels fits 32 bits. */
const MAX_INT32_PIXELS = Math.floor(2 ** 31 / 255);

/** Lines of sums that are exact for any picture. */
export function sumLine(length: number, { width, height }: RgbImage): SumLine {
  return width * height < MAX_INT32_PIXELS ? new Int32Array(length) : new Float64Array(length);
}

/** Sums of which only the lines around the current row exist, so that memory does not grow with the picture. */
export class RunningSums implements AreaSums {
  above: SumLine;
  below: SumLine;

  /** @param columns must lie inside the picture */
  constructor(
    private readonly image: RgbImage,
    readonly columns: Columns,
  ) {
    const length = 3 * (columns.end - columns.start + 1);
    this.above = sumLine(length, image);
    this.below = sumLine(length, image);
  }

  advance(y: number): void {
    const { above: next, below: previous } = this;
    addRow(this.image, y, this.columns.start, previous, 0, next, 0, next.length);
    this.above = previous;
    this.below = next;
  }
}

/**
 * Adds one row of the picture to a line of sums.
 * @param previous the line at the row's top, from `previousAt`
 * @param next receives the line at its bottom, from `nextAt`; may be the same array further on
 * @param length of a line; its first three entries stay 0
 */
export function addRow(
  { data, width }: RgbImage,
  y: number,
  startX: number,
  previous: SumLine,
  previousAt: number,
  next: SumLine,
  nextAt: number,
  length: number,
): void {
  let from = (y * width + startX) * 3;
  let red = 0;
  let green = 0;
  let blue = 0;
  for (let i = 3; i < length; i += 3, from += 3) {
    red += data[from];
    green += data[from + 1];
    blue += data[from + 2];
    next[nextAt + i] = previous[previousAt + i] + red;
    next[nextAt + i + 1] = previous[previousAt + i + 1] + green;
    next[nextAt + i + 2] = previous[previousAt + i + 2] + blue;
  }
}
