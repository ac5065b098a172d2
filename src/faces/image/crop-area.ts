import type { Box, PixelRegion } from './box.js';
import type { Columns, IntegralImage } from './integral-image.js';
import type { ValueMap } from './pixel-kernel.js';
import { AreaResampler } from './resize-area.js';

/** A region and the offset of its crop in the output. */
interface Crop {
  readonly region: PixelRegion;
  readonly start: number;
}

/**
 * Crops regions and resamples them by area to squares; pixels outside the image are black.
 * @param regions each at least 1 × 1; may lie partly or wholly outside the image
 * @param side of each square, pixels
 * @param out receives the crops one after another, each as R, G, B planes (CHW); length 3 * side * side *
 * regions.length
 */
export function cropArea(
  image: IntegralImage,
  regions: readonly PixelRegion[],
  side: number,
  values: ValueMap,
  out: Float32Array,
): void {
  const cropLength = 3 * side * side;
  const crops: Crop[] = [];
  regions.forEach((region, i) => {
    if (touches(region, image)) crops.push({ region, start: cropLength * i });
    else out.fill(values.offset * values.scale, cropLength * i, cropLength * (i + 1));
  });
  crops.sort((a, b) => a.region.y - b.region.y);
  if (image.kernel !== null) {
    const size = { width: side, height: side };
    for (const { region, start } of crops) {
      image.kernel.resample(region, size, values, { first: 0, count: side }, out, start, side * side);
    }
    return;
  }
  if (crops.length === 0) return;
  const columns = coveredColumns(image, crops);
  const areas = crops.reduce((sum, { region }) => sum + region.width * region.height, 0);
  const bottom = Math.max(...crops.map(({ region }) => region.y + region.height));
  const common = (columns.end - columns.start) * (bottom - crops[0].region.y);
  if (common <= areas) cropInOnePass(image, crops, side, values, out);
  else for (const crop of crops) cropInOnePass(image, [crop], side, values, out);
}

function touches({ x, y, width, height }: PixelRegion, image: IntegralImage): boolean {
  return x < image.width && x + width > 0 && y < image.height && y + height > 0;
}

/** Crops several regions in one pass over the image rows, whose cost does not depend on their number. */
function cropInOnePass(
  image: IntegralImage,
  crops: readonly Crop[],
  side: number,
  values: ValueMap,
  out: Float32Array,
): void {
  const sums = image.sums(coveredColumns(image, crops));
  const size = { width: side, height: side };
  let active: { resampler: AreaResampler; start: number }[] = [];
  let started = 0;
  for (let y = Math.max(crops[0].region.y, 0); y < image.height; y++) {
    if (active.length === 0 && started === crops.length) return;
    sums.advance(y);
    for (; started < crops.length && crops[started].region.y <= y; started++) {
      const { region, start } = crops[started];
      const resampler = new AreaResampler(region, size, values, sums.columns, image.height);
      resampler.begin(sums);
      active.push({ resampler, start });
    }
    let finished = 0;
    for (const { resampler, start } of active) {
      while (resampler.isReady(y)) resampler.writeRow(y, sums, out, start + resampler.nextRow * side, side * side);
      if (resampler.nextRow === side) finished++;
    }
    if (finished > 0) active = active.filter(({ resampler }) => resampler.nextRow < side);
  }
}

function coveredColumns({ width }: IntegralImage, crops: readonly Crop[]): Columns {
  let start = width;
  let end = 0;
  for (const { region } of crops) {
    start = Math.min(start, region.x);
    end = Math.max(end, region.x + region.width);
  }
  return { start: Math.max(start, 0), end: Math.min(end, width) };
}

/** The area around a face box that a crop includes. */
export type Margin =
  /** Share of the box's longer side, both sides together: 0.28 adds 14 % on each side of the square around the box. */
  | { readonly share: number }
  /** Pixels of the photo, both sides together, independent of the face size; the original system used 44. */
  | { readonly px: number };

/**
 * The crop of a face for FaceNet, clipped to a width × height image as in facenet's alignment. A share extends the
 * square around the box; pixels extend the box itself, as the original did, and the network's square input stretches
 * it. Square crops are the default because they measured better (docs/benchmarks.md, `crops`).
 */
export function withMargin(box: Box, margin: Margin, width: number, height: number): Box {
  const core = 'px' in margin ? box : squareAround(box);
  const grow = ('px' in margin ? margin.px : margin.share * core.width) / 2;
  const left = Math.max(0, core.x - grow);
  const top = Math.max(0, core.y - grow);
  const right = Math.min(width, core.x + core.width + grow);
  const bottom = Math.min(height, core.y + core.height + grow);
  return { x: left, y: top, width: Math.max(1, right - left), height: Math.max(1, bottom - top) };
}

function squareAround({ x, y, width, height }: Box): Box {
  const side = Math.max(width, height);
  return { x: x + (width - side) / 2, y: y + (height - side) / 2, width: side, height: side };
}
