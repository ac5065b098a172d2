// AssemblyScript: scripts/build.js compiles it to pixel-kernel.wasm; pixel-kernel.ts loads it. Results have the bits of
// `addRow` (integral-image.ts) and `AreaResampler` (resize-area.ts): the same operations in the same order.

/** Bytes of one entry of the table: R, G, B as int32. Vectors of four cover the next entry's red. */
const ENTRY: usize = 12;

/**
 * Adds image rows to the table. Each store writes one value too many, which the next store replaces.
 * @param pixels of the rows, R, G, B bytes
 * @param line of the table above the first row; the next lines receive the sums
 */
export function addRows(pixels: usize, width: i32, rows: i32, line: usize): void {
  const zero = i32x4.splat(0);
  let below = line + ENTRY * (width + 1);
  for (let y = 0; y < rows; y++) {
    let sums = zero;
    v128.store(below, zero);
    for (let x = 0; x < width; x++) {
      line += ENTRY;
      below += ENTRY;
      sums = i32x4.add(sums, i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(pixels))));
      v128.store(below, i32x4.add(v128.load(line), sums));
      pixels += 3;
    }
    line += ENTRY;
    below += ENTRY;
  }
}

/**
 * Resamples rows of a region by area, as R, G, B planes of `rows` rows each.
 * @param table of an image of imageWidth × imageHeight pixels
 * @param scratch for 2 * (ceil(width / 2) + 1) edges of 36 bytes, and 16 more
 */
export function resample(
  table: usize,
  imageWidth: i32,
  imageHeight: i32,
  regionX: f64,
  regionY: f64,
  regionWidth: f64,
  regionHeight: f64,
  width: i32,
  height: i32,
  firstRow: i32,
  rows: i32,
  rounding: f64,
  offset: f64,
  scale: f64,
  scratch: usize,
  out: usize,
): void {
  const edges = edgesOf(width);
  const shares = scratch + 24 * edges;
  const columns = shares + 8 * edges;
  const cellWidth = regionWidth / (width as f64);
  const cellHeight = regionHeight / (height as f64);
  for (let i = 0; i < edges; i++) {
    const edge = min(max(i - 1, 0), width);
    const x = min(max(regionX + (edge as f64) * cellWidth, 0), imageWidth as f64);
    const column = min(floor(x), (imageWidth - 1) as f64);
    store<f64>(shares + 8 * i, x - column);
    store<u32>(columns + 4 * i, (ENTRY * (column as u32)) as u32);
  }

  const line = ENTRY * (imageWidth + 1);
  const firstY = max(regionY, 0);
  const perArea = 1 / (cellWidth * cellHeight);
  const plane = 4 * width * rows;
  // The row above gives the sums at the top edge; the pixels that it writes are replaced.
  for (let row = -1; row < rows; row++) {
    const bottom = min(regionY + ((firstRow + row + 1) as f64) * cellHeight, imageHeight as f64);
    const y = max(ceil(bottom) - 1, firstY);
    const above = table + line * (y as u32);
    const down = max(bottom - y, 0);
    const to = out + 4 * width * max(row, 0);
    resampleRow(above, above + line, down, width, scratch, to, plane, perArea, rounding, offset, scale);
  }
}

/** Exported so that it stays a function: inlined, V8 repeats calculations of the row at every pixel. */
export function resampleRow(
  above: usize,
  below: usize,
  share: f64,
  width: i32,
  scratch: usize,
  out: usize,
  plane: usize,
  areaShare: f64,
  rounding: f64,
  offset: f64,
  scale: f64,
): void {
  const edges = edgesOf(width);
  const shares = scratch + 24 * edges;
  const columns = shares + 8 * edges;
  const down = f64x2.splat(share);
  const perArea = f64x2.splat(areaShare);
  const round = f64x2.splat(rounding);
  const shift = f64x2.splat(offset);
  const factor = f64x2.splat(scale);
  let red = f64x2.splat(0);
  let green = red;
  let blue = red;
  for (let i = 0; i < edges; i += 2) {
    const across = v128.load(shares + 8 * i);
    let at = load<u32>(columns + 4 * i) as usize;
    const above1 = v128.load(above + at);
    const above2 = v128.load(above + at, ENTRY);
    const added1 = i32x4.sub(v128.load(below + at), above1);
    const added2 = i32x4.sub(v128.load(below + at, ENTRY), above2);
    at = load<u32>(columns + 4 * i, 4) as usize;
    const above3 = v128.load(above + at);
    const above4 = v128.load(above + at, ENTRY);
    const added3 = i32x4.sub(v128.load(below + at), above3);
    const added4 = i32x4.sub(v128.load(below + at, ENTRY), above4);
    // Red and green of the first edge, of the second edge; blue of both.
    const first = between(
      sumsAt(above1, added1, down),
      sumsAt(above2, added2, down),
      v128.shuffle<f64>(across, across, 0, 0),
    );
    const second = between(
      sumsAt(above3, added3, down),
      sumsAt(above4, added4, down),
      v128.shuffle<f64>(across, across, 1, 1),
    );
    const blues = between(
      sumsAt(v128.shuffle<i32>(above1, above3, 2, 6, 3, 7), v128.shuffle<i32>(added1, added3, 2, 6, 3, 7), down),
      sumsAt(v128.shuffle<i32>(above2, above4, 2, 6, 3, 7), v128.shuffle<i32>(added2, added4, 2, 6, 3, 7), down),
      across,
    );
    const reds = v128.shuffle<f64>(first, second, 0, 2);
    const greens = v128.shuffle<f64>(first, second, 1, 3);

    const top = scratch + 24 * i;
    const nextRed = f64x2.sub(reds, v128.load(top));
    const nextGreen = f64x2.sub(greens, v128.load(top, 16));
    const nextBlue = f64x2.sub(blues, v128.load(top, 32));
    v128.store(top, reds);
    v128.store(top, greens, 16);
    v128.store(top, blues, 32);
    if (i > 0) {
      const isPair = i <= width;
      write(out, pixels(red, nextRed, perArea, round, shift, factor), isPair);
      write(out + plane, pixels(green, nextGreen, perArea, round, shift, factor), isPair);
      write(out + 2 * plane, pixels(blue, nextBlue, perArea, round, shift, factor), isPair);
      out += 8;
    }
    red = nextRed;
    green = nextGreen;
    blue = nextBlue;
  }
}

/** In pairs: the first edge twice, so that a pair gives two pixels, and the last edge again if the width is odd. */
@inline
function edgesOf(width: i32): i32 {
  return 2 * (((width + 1) >> 1) + 1);
}

/** Of the first two lanes: the sums above, and a share of what the row adds. */
@inline
function sumsAt(above: v128, added: v128, down: v128): v128 {
  return f64x2.add(f64x2.convert_low_i32x4_s(above), f64x2.mul(down, f64x2.convert_low_i32x4_s(added)));
}

@inline
function between(left: v128, right: v128, across: v128): v128 {
  return f64x2.add(left, f64x2.mul(across, f64x2.sub(right, left)));
}

/** Two pixels from the sums left of three edges, of which `previous` has the first in its second lane. */
@inline
function pixels(previous: v128, next: v128, perArea: v128, round: v128, shift: v128, factor: v128): v128 {
  const sums = f64x2.sub(next, v128.shuffle<f64>(previous, next, 1, 2));
  const means = f64x2.sub(f64x2.add(f64x2.mul(sums, perArea), round), round);
  return f32x4.demote_f64x2_zero(f64x2.mul(f64x2.add(means, shift), factor));
}

@inline
function write(to: usize, values: v128, isPair: bool): void {
  if (isPair) v128.store64_lane(to, values, 0);
  else v128.store32_lane(to, values, 0);
}
