import type { Tensor } from '../../../engine/engine.js';
import type { PixelRegion } from '../../image/box.js';
import { AreaResampler } from '../../image/resize-area.js';
import type { AreaSums, IntegralImage } from '../../image/integral-image.js';
import type { PixelKernel } from '../../image/pixel-kernel.js';

/** Side of P-Net's window and so the smallest face it can detect, pixels; `PNet` in facenet's detect_face.py. */
export const PNET_WINDOW_PX = 12;

/** The image at one scale: a face of 12 / scale pixels fills P-Net's window. */
export interface PyramidLevel {
  readonly scale: number;
  readonly width: number;
  readonly height: number;
}

/**
 * The levels of the image pyramid, largest first. On the first level the smallest face fills P-Net's window; each
 * further scale is `factor` times the previous one, as long as the image is at least one window wide and high. Sides
 * are rounded up.
 * @param minFacePx at least 12, so that no level is larger than the image
 * @param factor between 0 and 1
 */
export function pyramidLevels(width: number, height: number, minFacePx: number, factor: number): PyramidLevel[] {
  const first = PNET_WINDOW_PX / minFacePx;
  const levels: PyramidLevel[] = [];
  let shorterSide = Math.min(width, height) * first;
  while (shorterSide >= PNET_WINDOW_PX) {
    const scale = first * factor ** levels.length;
    levels.push({ scale, width: Math.ceil(width * scale), height: Math.ceil(height * scale) });
    shorterSide *= factor;
  }
  return levels;
}

/** P-Net evaluates a window every 2 px: its only stride is that of `pool1`. */
export const PNET_STRIDE_PX = 2;

/**
 * Rows of a strip beside those that it shares with the previous strip. P-Net evaluates every window independently, so a
 * level can be processed in strips without changing a value: memory does not grow with the image height, and the
 * activations stay in the CPU cache (measured: 20 % faster than whole levels).
 */
const STRIP_PX = 128;
/** A wider level has lower strips, of about this many pixels, so that memory does not grow with the width either. */
const STRIP_PIXELS = 2 ** 20;
const MIN_STRIP_PX = 16;
const SHARED_PX = PNET_WINDOW_PX - PNET_STRIDE_PX;

/** 8-bit rounding as in `cv2.resize`, then (pixel - 127.5) * 0.0078125; detect_face.py. */
const PNET_VALUES = { rounded: true, offset: -127.5, scale: 0.0078125 };

/** The rows [top, top + height) of a pyramid level. */
export interface Strip {
  readonly level: PyramidLevel;
  readonly top: number;
  /** P-Net's input (1, 3, height, level.width), standardised. Overwritten by the next strip. */
  readonly image: Tensor;
}

/** All pyramid levels in strips: one level after another, or where the sums are not kept in one pass over the image rows. */
export function* pyramidStrips(image: IntegralImage, levels: readonly PyramidLevel[]): Generator<Strip> {
  const { kernel } = image;
  if (kernel !== null) {
    for (const level of levels) {
      const writer = new StripWriter(image, level, (length) => kernel.strip(length));
      for (let isLast = false; !isLast; writer.startNext()) {
        writer.fill(kernel);
        yield writer.strip;
        isLast = writer.isLast;
      }
    }
    return;
  }
  const writers = levels.map((level) => new StripWriter(image, level));
  const sums = image.sums({ start: 0, end: image.width });
  for (let y = 0; y < image.height; y++) {
    sums.advance(y);
    for (const writer of writers) {
      while (writer.addRow(y, sums)) {
        if (!writer.isFull) continue;
        yield writer.strip;
        writer.startNext();
      }
    }
  }
}

/** Fills the strips of one level, one after another. */
class StripWriter {
  private readonly region: PixelRegion;
  private readonly resampler: AreaResampler;
  private readonly buffer: Float32Array;
  private readonly rows: number;
  private top = 0;

  /** @param allocate gives the memory of a strip */
  constructor(
    image: IntegralImage,
    private readonly level: PyramidLevel,
    allocate: (length: number) => Float32Array = (length) => new Float32Array(length),
  ) {
    this.region = { x: 0, y: 0, width: image.width, height: image.height };
    const columns = { start: 0, end: image.width };
    this.resampler = new AreaResampler(this.region, level, PNET_VALUES, columns, image.height);
    const rows = PNET_STRIDE_PX * Math.floor(STRIP_PIXELS / PNET_STRIDE_PX / level.width);
    this.rows = Math.min(STRIP_PX, Math.max(MIN_STRIP_PX, rows));
    this.buffer = allocate(3 * level.width * this.height);
  }

  get isFull(): boolean {
    return this.resampler.nextRow === this.top + this.height;
  }

  get isLast(): boolean {
    return this.top + this.height === this.level.height;
  }

  get strip(): Strip {
    const { level, top, height } = this;
    const data = this.buffer.subarray(0, 3 * height * level.width);
    return { level, top, image: { data, dims: [1, 3, height, level.width] } };
  }

  /**
   * Writes the level's next row if source row `y` completes it.
   * @returns whether a row was written
   */
  addRow(y: number, sums: AreaSums): boolean {
    if (!this.resampler.isReady(y)) return false;
    const at = (this.resampler.nextRow - this.top) * this.level.width;
    this.resampler.writeRow(y, sums, this.buffer, at, this.height * this.level.width);
    return true;
  }

  /** Writes all rows of the strip but those of the previous one. */
  fill(kernel: PixelKernel): void {
    const { level, top, height } = this;
    const shared = top === 0 ? 0 : SHARED_PX;
    const rows = { first: top + shared, count: height - shared };
    kernel.resample(this.region, level, PNET_VALUES, rows, this.buffer, shared * level.width, height * level.width);
  }

  /** Copies the last rows of the full strip to the start of the next one. */
  startNext(): void {
    const { width } = this.level;
    const fullHeight = this.height;
    const { isLast } = this;
    this.top += this.rows;
    if (isLast) return;
    for (let c = 0; c < 3; c++) {
      const from = (c * fullHeight + this.rows) * width;
      this.buffer.copyWithin(c * this.height * width, from, from + SHARED_PX * width);
    }
  }

  private get height(): number {
    return Math.min(this.rows + SHARED_PX, this.level.height - this.top);
  }
}
