import { readFileSync } from 'node:fs';
import { packageRoot } from '../../shared/version.js';
import type { PixelRegion } from './box.js';
import type { RgbImage } from './image.js';

/** Maps the mean of the covered pixels, 0..255, to the output value. */
export interface ValueMap {
  /**
   * Whether to round the mean to an integer first, half to even as OpenCV does for 8-bit images (except in its shortcut
   * for exactly half the size, which rounds half up).
   */
  readonly rounded: boolean;
  /** The output is (mean + offset) * scale. */
  readonly offset: number;
  readonly scale: number;
}

/** Adding and subtracting 1.5 * 2^52 rounds a float64 to the nearest integer, half to even. */
export const ROUND_HALF_TO_EVEN = 1.5 * 2 ** 52;

/** The functions of pixel-kernel.as. Addresses are bytes of the memory. */
interface Kernel {
  addRows(pixels: number, width: number, rows: number, line: number): void;
  resample(
    ...values: [
      ...image: [table: number, width: number, height: number],
      ...region: [x: number, y: number, width: number, height: number],
      ...size: [width: number, height: number],
      ...rows: [first: number, count: number],
      ...map: [rounding: number, offset: number, scale: number],
      ...memory: [scratch: number, out: number],
    ]
  ): void;
}

/** Compiled by scripts/build.js, for the sources too. */
const FILE = new URL('dist/pixel-kernel.wasm', packageRoot);
/** Bytes of image rows, and values of resampled rows, that are copied at once: they stay in the CPU cache. */
const RUN_BYTES = 2 ** 15;
const RUN_VALUES = 2 ** 15;
/** A vector reads and writes up to so far beyond the last value. */
const VECTOR_BYTES = 16;
const PAGE_BYTES = 2 ** 16;
/** Of the table: R, G, B as int32. */
const ENTRY_BYTES = 12;
/** Of the edge of an output pixel: three sums, a share, an entry of the table. */
const EDGE_BYTES = 36;

/**
 * Summed-area table and resampling in SIMD WebAssembly, with the same bits as `IntegralImage` and `AreaResampler`. The memory
 * has the table of one image at a time, grows with the largest one and is reused.
 */
export class PixelKernel {
  private bytes = new Uint8Array(0);
  private values = new Float32Array(0);
  private image: RgbImage = { width: 0, height: 0, data: this.bytes };
  private filledRows = 0;
  private table = 0;
  private scratch = 0;
  private buffer = new Float32Array(0);

  private constructor(
    private readonly memory: WebAssembly.Memory,
    private readonly kernel: Kernel,
  ) {}

  /** @returns null where the compiled file is missing, or the machine or Node.js has no SIMD WebAssembly */
  static load(file = FILE): PixelKernel | null {
    try {
      const memory = new WebAssembly.Memory({ initial: 0 });
      const { exports } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file)), { env: { memory } });
      return new PixelKernel(memory, exports as unknown as Kernel);
    } catch {
      return null;
    }
  }

  /** Memory for resampled rows until the next call, which gives the same memory again. Its content is arbitrary. */
  strip(length: number): Float32Array {
    if (this.buffer.length < length) this.buffer = new Float32Array(length);
    return this.buffer;
  }

  /** Begins with another image. */
  begin(image: RgbImage): void {
    const { width, height } = image;
    const lineBytes = ENTRY_BYTES * (width + 1);
    this.image = image;
    this.filledRows = 0;
    this.table = aligned(3 * width * this.rowsPerRun);
    this.scratch = aligned(this.table + lineBytes * (height + 1));
    this.reserve(this.scratch);
    this.bytes.fill(0, this.table, this.table + lineBytes);
  }

  /**
   * Resamples rows of a region by area, as `AreaResampler` does.
   * @param region must touch the image
   * @param size of the whole region in output pixels
   * @param out receives red at `at`, green and blue `planeStep` and 2 * `planeStep` further
   */
  resample(
    region: PixelRegion,
    size: { readonly width: number; readonly height: number },
    values: ValueMap,
    rows: { readonly first: number; readonly count: number },
    out: Float32Array,
    at: number,
    planeStep: number,
  ): void {
    const { image } = this;
    const { width, height } = size;
    const rowsPerRun = Math.min(rows.count, Math.max(1, Math.floor(RUN_VALUES / 3 / width)));
    const from = aligned(this.scratch + EDGE_BYTES * (width + 3));
    this.reserve(aligned(from + 4 * 3 * width * rowsPerRun));
    // One row more: the last edge may be rounded up beyond its row.
    this.fillTo(Math.min(image.height, region.y + region.height + 1));
    for (let done = 0; done < rows.count; done += rowsPerRun) {
      const count = Math.min(rowsPerRun, rows.count - done);
      this.kernel.resample(
        ...([this.table, image.width, image.height] as const),
        ...([region.x, region.y, region.width, region.height] as const),
        ...([width, height, rows.first + done, count] as const),
        ...([values.rounded ? ROUND_HALF_TO_EVEN : 0, values.offset, values.scale] as const),
        ...([this.scratch, from] as const),
      );
      const length = count * width;
      if (length === planeStep) out.set(this.values.subarray(from / 4, from / 4 + 3 * length), at);
      else this.copyPlanes(from / 4, length, out, at + done * width, planeStep);
    }
  }

  private copyPlanes(from: number, length: number, out: Float32Array, at: number, planeStep: number): void {
    for (let c = 0; c < 3; c++) {
      const start = from + c * length;
      out.set(this.values.subarray(start, start + length), at + c * planeStep);
    }
  }

  private get rowsPerRun(): number {
    return Math.max(1, Math.floor(RUN_BYTES / 3 / this.image.width));
  }

  private fillTo(rows: number): void {
    const { image, rowsPerRun } = this;
    const rowBytes = 3 * image.width;
    while (this.filledRows < rows) {
      const first = this.filledRows;
      const count = Math.min(rowsPerRun, rows - first);
      this.bytes.set(image.data.subarray(first * rowBytes, (first + count) * rowBytes));
      this.kernel.addRows(0, image.width, count, this.table + ENTRY_BYTES * (image.width + 1) * first);
      this.filledRows += count;
    }
  }

  private reserve(bytes: number): void {
    if (this.bytes.length >= bytes) return;
    this.memory.grow(Math.ceil((bytes - this.bytes.length) / PAGE_BYTES));
    this.bytes = new Uint8Array(this.memory.buffer);
    this.values = new Float32Array(this.memory.buffer);
  }
}

/** The next address for vectors, so far behind `address` that they do not overlap. */
function aligned(address: number): number {
  return Math.ceil((address + VECTOR_BYTES) / VECTOR_BYTES) * VECTOR_BYTES;
}
