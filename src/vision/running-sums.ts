import type { RgbImage } from './image.js';

/**
 * The sums that area resampling needs: a summed-area table (Crow 1984) of which only the two lines around the current
 * row exist, so that memory does not grow with the picture.
 * Entry 3 * i + c is channel c summed over the columns [startX, startX + i) and all rows from the first to that line.
 */
export class RunningSums {
  /** Down to the top of the current row. Float64: exact for any picture. */
  above: Float64Array;
  /** Down to the bottom of the current row. */
  below: Float64Array;

  /** @param startX covers the columns [startX, endX), which must lie inside the picture */
  constructor(
    private readonly image: RgbImage,
    private readonly startX: number,
    endX: number,
  ) {
    this.above = new Float64Array(3 * (endX - startX + 1));
    this.below = new Float64Array(3 * (endX - startX + 1));
  }

  /** Makes `y` the current row: the first may be any, from then on the next one down. */
  advance(y: number): void {
    const { data, width } = this.image;
    const { above: next, below: previous } = this;
    const { length } = next;
    let from = (y * width + this.startX) * 3;
    let red = 0;
    let green = 0;
    let blue = 0;
    for (let i = 3; i < length; i += 3, from += 3) {
      red += data[from];
      green += data[from + 1];
      blue += data[from + 2];
      next[i] = previous[i] + red;
      next[i + 1] = previous[i + 1] + green;
      next[i + 2] = previous[i + 2] + blue;
    }
    this.above = previous;
    this.below = next;
  }
}
