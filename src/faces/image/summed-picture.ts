import type { RgbImage } from './image.js';
import { addRow, RunningSums, type AreaSums, type Columns, type SumLine } from './running-sums.js';

/** Up to this many pixels the whole table of sums is kept: 24 MB. Going through a larger picture again costs less memory. */
const MAX_KEPT_PIXELS = 2 ** 21;

/** Memory for a table, to be handed from picture to picture, because clearing fresh memory costs as much as filling it. */
export interface TableMemory {
  table: Int32Array;
}

/**
 * A picture and its summed-area table, which is filled the first time that rows are passed and read by everything that
 * resamples parts of the picture afterwards.
 */
export class SummedPicture implements RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
  private readonly table: Int32Array | null;
  private filledRows = 0;

  /** @param memory of pictures that are done with */
  constructor(image: RgbImage, memory: TableMemory = { table: new Int32Array(0) }) {
    this.width = image.width;
    this.height = image.height;
    this.data = image.data;
    this.table = image.width * image.height <= MAX_KEPT_PIXELS ? this.takeTable(memory) : null;
  }

  /** @param columns those that are needed, inside the picture; the sums may cover more */
  sums(columns: Columns): AreaSums {
    return this.table === null ? new RunningSums(this, columns) : this.tableSums();
  }

  private takeTable(memory: TableMemory): Int32Array {
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
