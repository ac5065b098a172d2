import { AreaResampler, type PixelRegion, type ValueMap } from './resize-area.js';
import type { Columns } from './running-sums.js';
import type { SummedPicture } from './summed-picture.js';

/** A crop under way: what it is cut from, and where it is written. */
interface Crop {
  readonly region: PixelRegion;
  readonly start: number;
}

/**
 * Cuts regions out of a picture and resamples them by area to squares; what lies outside the picture is black.
 * @param regions each at least 1 × 1; may stick out of the picture, or lie wholly outside
 * @param side of each square, pixels
 * @param out receives one crop behind the other, each as R, G, B planes (CHW); length 3 * side * side * regions.length
 */
export function cropArea(
  image: SummedPicture,
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
  if (crops.length === 0) return;
  const columns = coveredColumns(image, crops);
  const areas = crops.reduce((sum, { region }) => sum + region.width * region.height, 0);
  const bottom = Math.max(...crops.map(({ region }) => region.y + region.height));
  const common = (columns.end - columns.start) * (bottom - crops[0].region.y);
  if (common <= areas) cropInOnePass(image, crops, side, values, out);
  else for (const crop of crops) cropInOnePass(image, [crop], side, values, out);
}

function touches({ x, y, width, height }: PixelRegion, image: SummedPicture): boolean {
  return x < image.width && x + width > 0 && y < image.height && y + height > 0;
}

/** Crops that overlap much share one pass over the rows: its cost does not depend on how many they are. */
function cropInOnePass(
  image: SummedPicture,
  crops: readonly Crop[],
  side: number,
  values: ValueMap,
  out: Float32Array,
): void {
  const sums = image.sums(coveredColumns(image, crops));
  const size = { width: side, height: side };
  let active: { resampler: AreaResampler; start: number }[] = [];
  let begun = 0;
  for (let y = Math.max(crops[0].region.y, 0); y < image.height; y++) {
    if (active.length === 0 && begun === crops.length) return;
    sums.advance(y);
    for (; begun < crops.length && crops[begun].region.y <= y; begun++) {
      const { region, start } = crops[begun];
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

function coveredColumns({ width }: SummedPicture, crops: readonly Crop[]): Columns {
  let start = width;
  let end = 0;
  for (const { region } of crops) {
    start = Math.min(start, region.x);
    end = Math.max(end, region.x + region.width);
  }
  return { start: Math.max(start, 0), end: Math.min(end, width) };
}
