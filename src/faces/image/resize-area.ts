import type { PixelRegion } from './box.js';
import { quantise, type RgbImage } from './image.js';
import type { AreaSums, Columns, SumLine } from './integral-image.js';
import { ROUND_HALF_TO_EVEN, type ValueMap } from './pixel-kernel.js';
import { resampleRegion } from './resample.js';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * Resamples one region by area: an output pixel is the mean of the input area it covers; partly covered pixels count by
 * their share, pixels outside the image count as black. It follows the running sums down the image and writes a row as
 * soon as they pass its bottom edge: a pixel is the sum above its bottom edge minus that above its top edge, right
 * minus left, divided by its area. Interpolation between sums is exact.
 *
 * This is OpenCV's INTER_AREA (modules/imgproc/src/resize.cpp) when both sides shrink, and also when both grow: its
 * `area_mode` weights are the covered shares. It differs in that OpenCV ignores shares below 0.001 pixel
 * (computeResizeAreaTab), and when one side grows while the other shrinks.
 * `PixelKernel.resample` does the same in WebAssembly.
 */
export class AreaResampler {
  private row = 0;
  /** The source row that completes the next output row; Infinity after the last one. */
  private completing: number;
  /**
   * Positions of the left and right edges of the output pixels in the sums: entry, and share of the following pixel.
   */
  private readonly edges: Int32Array;
  private readonly shares: Float64Array;
  /** The sums at those edges, above the top of the next row. */
  private readonly top: Float64Array;
  private readonly cellHeight: number;
  private readonly perArea: number;
  private readonly rounding: number;

  /** @param columns the columns that the running sums cover; must include the region's */
  constructor(
    private readonly region: PixelRegion,
    private readonly size: Size,
    private readonly values: ValueMap,
    columns: Columns,
    private readonly imageHeight: number,
  ) {
    const { width } = size;
    const cellWidth = region.width / width;
    this.cellHeight = region.height / size.height;
    this.perArea = 1 / (cellWidth * this.cellHeight);
    this.rounding = values.rounded ? ROUND_HALF_TO_EVEN : 0;
    this.edges = new Int32Array(width + 1);
    this.shares = new Float64Array(width + 1);
    this.top = new Float64Array(3 * (width + 1));
    this.completing = this.completingRow();
    const count = columns.end - columns.start;
    for (let i = 0; i <= width; i++) {
      const x = Math.min(Math.max(region.x + i * cellWidth - columns.start, 0), count);
      const column = Math.min(Math.floor(x), count - 1);
      this.edges[i] = 3 * column;
      this.shares[i] = x - column;
    }
  }

  /** Index of the row that `writeRow` writes next. */
  get nextRow(): number {
    return this.row;
  }

  /** Call when the current row of `sums` is the region's first row, or the image's first row if that is lower. */
  begin({ above }: AreaSums): void {
    const { edges, shares, top } = this;
    for (let i = 0, t = 0; i < edges.length; i++, t += 3) {
      for (let c = 0; c < 3; c++) top[t + c] = sumAt(above, above, edges[i] + c, 0, shares[i]);
    }
  }

  /** Whether the source rows up to `y` complete the next row. */
  isReady(y: number): boolean {
    return this.completing <= y;
  }

  /**
   * Writes the next row.
   * @param y the current row of `sums`
   * @param out receives the row's red at `at`, green and blue `planeStep` and 2 * `planeStep` further
   */
  writeRow(y: number, sums: AreaSums, out: Float32Array, at: number, planeStep: number): void {
    const share = Math.max(this.bottomEdge() - y, 0);
    this.writeBetween(sums.above, sums.below, share, out, at, planeStep);
    this.row++;
    this.completing = this.completingRow();
  }

  private completingRow(): number {
    return this.row < this.size.height ? Math.ceil(this.bottomEdge()) - 1 : Infinity;
  }

  private bottomEdge(): number {
    return Math.min(this.region.y + (this.row + 1) * this.cellHeight, this.imageHeight);
  }

  /** @param down share of the current source row above the bottom edge, 0..1 */
  private writeBetween(
    above: SumLine,
    below: SumLine,
    down: number,
    out: Float32Array,
    at: number,
    planeStep: number,
  ): void {
    const { edges, shares, top, perArea, rounding } = this;
    const { offset, scale } = this.values;
    let leftRed = 0;
    let leftGreen = 0;
    let leftBlue = 0;
    for (let i = 0, t = 0, to = at - 1; i < edges.length; i++, t += 3, to++) {
      const from = edges[i];
      const across = shares[i];
      const sumRed = sumAt(above, below, from, down, across);
      const sumGreen = sumAt(above, below, from + 1, down, across);
      const sumBlue = sumAt(above, below, from + 2, down, across);
      const red = sumRed - top[t];
      const green = sumGreen - top[t + 1];
      const blue = sumBlue - top[t + 2];
      top[t] = sumRed;
      top[t + 1] = sumGreen;
      top[t + 2] = sumBlue;
      if (i > 0) {
        out[to] = ((red - leftRed) * perArea + rounding - rounding + offset) * scale;
        out[to + planeStep] = ((green - leftGreen) * perArea + rounding - rounding + offset) * scale;
        out[to + 2 * planeStep] = ((blue - leftBlue) * perArea + rounding - rounding + offset) * scale;
      }
      leftRed = red;
      leftGreen = green;
      leftBlue = blue;
    }
  }
}

/** The sum above and left of a point: bilinear interpolation of the four surrounding entries. */
function sumAt(above: SumLine, below: SumLine, from: number, down: number, across: number): number {
  const left = above[from] + down * (below[from] - above[from]);
  const right = above[from + 3] + down * (below[from + 3] - above[from + 3]);
  return left + across * (right - left);
}

/** Shrinks an image to a longer side of at most `maxSidePx`; returns the image itself if it is small enough. */
export function shrinkTo(image: RgbImage, maxSidePx: number): RgbImage {
  const scale = maxSidePx / Math.max(image.width, image.height);
  if (scale >= 1) return image;
  const width = Math.max(1, Math.round(image.width * scale));
  const height = Math.max(1, Math.round(image.height * scale));
  const pixels = new Float32Array(width * height * 3);
  resampleRegion(image, { x: 0, y: 0, width: image.width, height: image.height }, width, height, pixels);
  return { width, height, data: quantise(pixels) };
}
