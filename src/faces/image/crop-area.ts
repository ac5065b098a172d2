import type { Box } from './box.js';
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

/** How much of the picture around a face box a crop takes. */
export type Margin =
  /** A share of the box's longer side, both sides together: 0.28 adds 14 % on each side of the square around it. */
  | { readonly share: number }
  /** Pixels of the photo, both sides together, whatever the size of the face: what the original system did (44). */
  | { readonly px: number };

/**
 * What FaceNet looks at around a face box, cut at the edges of a width × height picture as facenet's alignment does. A
 * share grows the square around the box, pixels grow the box itself, as the original did; the network's square input
 * stretches what is not square. Square is the default because it measured better (BENCHMARKS.md, `crops`).
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
