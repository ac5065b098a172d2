import type { RgbImage } from './image.js';
import type { PixelKernel } from './pixel-kernel.js';

/** One row of a summed-area table: entry 3 * i + c is the sum of channel c over i columns and all image rows above. */
export type SumLine = Int32Array | Float64Array;

/** The image columns [start, end) that sums cover. */
export interface Columns {
  readonly start: number;
  readonly end: number;
}

/** The two rows of a summed-area table (Crow 1984) around one image row. */
export interface AreaSums {
  readonly columns: Columns;
  /** Sums above the current row. */
  readonly above: SumLine;
  /** Sums including the current row. */
  readonly below: SumLine;
  /** Makes `y` the current row. The first call may pass any row; after that, rows must be consecutive. */
  advance(y: number): void;
}

/** The sum of this many 8-bit pixels fits 32 bits. */
const MAX_INT32_PIXELS = Math.floor(2 ** 31 / 255);

/** Allocates a row of sums that is exact for images of this size. */
export function sumLine(length: number, { width, height }: RgbImage): SumLine {
  return width * height < MAX_INT32_PIXELS ? new Int32Array(length) : new Float64Array(length);
}

/** Keeps only the sums around the current row, so memory does not grow with the image. */
export class RunningSums implements AreaSums {
  above: SumLine;
  below: SumLine;

  /** @param columns must be inside the image */
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
 * Adds one image row to a row of sums.
 * @param previous the sums above the row, from `previousAt`
 * @param next receives the sums including it, from `nextAt`; may be the same array further on
 * @param length of a row of sums; its first three entries stay 0
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

/**
 * The whole table is kept for images of up to this many pixels (24 MB). For larger ones, recomputing takes less memory.
 */
const MAX_KEPT_PIXELS = 2 ** 21;

/** A reusable buffer for tables: clearing new memory costs as much as filling it. */
export interface TableBuffer {
  table: Int32Array;
  /** Keeps the table instead, where there is one. */
  readonly kernel?: PixelKernel | null;
}

/**
 * An image with its summed-area table (integral image). The table is filled on the first pass over the rows and reused
 * for all later resampling.
 */
export class IntegralImage implements RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
  /** Has the table and resamples from it, instead of the sums; null for large images and without WebAssembly. */
  readonly kernel: PixelKernel | null;
  private readonly table: Int32Array | null;
  private filledRows = 0;

  /** @param buffer of images that are no longer in use */
  constructor(image: RgbImage, memory: TableBuffer = { table: new Int32Array(0) }) {
    this.width = image.width;
    this.height = image.height;
    this.data = image.data;
    const isKept = image.width * image.height <= MAX_KEPT_PIXELS;
    this.kernel = isKept ? (memory.kernel ?? null) : null;
    this.kernel?.begin(image);
    this.table = isKept && this.kernel === null ? this.takeTable(memory) : null;
  }

  /** @param columns needed, inside the image; the sums may cover more */
  sums(columns: Columns): AreaSums {
    return this.table === null ? new RunningSums(this, columns) : this.tableSums();
  }

  private takeTable(memory: TableBuffer): Int32Array {
    const length = this.lineLength * (this.height + 1);
    if (memory.table.length < length) memory.table = new Int32Array(length);
    else memory.table.fill(0, 0, this.lineLength);
    return memory.table;
  }

  private get lineLength(): number {
    return 3 * (this.width + 1);
  }

  private tableSums(): AreaSums {
    const sums = {
      columns: { start: 0, end: this.width },
      above: this.line(0),
      below: this.line(0),
      advance: (y: number) => {
        this.fillTo(y + 1);
        sums.above = this.line(y);
        sums.below = this.line(y + 1);
      },
    };
    return sums;
  }

  private line(rows: number): SumLine {
    return this.table!.subarray(rows * this.lineLength, (rows + 1) * this.lineLength);
  }

  private fillTo(rows: number): void {
    const table = this.table!;
    const { lineLength } = this;
    for (; this.filledRows < rows; this.filledRows++) {
      const at = this.filledRows * lineLength;
      table.fill(0, at + lineLength, at + lineLength + 3);
      addRow(this, this.filledRows, 0, table, at, table, at + lineLength, lineLength);
    }
  }
}
