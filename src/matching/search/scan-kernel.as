// AssemblyScript: scripts/build.js compiles it to scan-kernel.wasm; scan-kernel.ts loads it.
// Candidates are lists of int64 with a distance in the upper half and a number in the lower, so that they sort by both.

/** Larger than every distance, and smaller than that of a free lane. */
const NO_LIMIT: i32 = 0x20000000;

/**
 * Finds the vectors that are nearest to a query, among blocks of eight: their coordinates in pairs, pair by pair, then the
 * squared lengths as int32.
 * @param query coordinates times two, as int16; each pair four times
 * @param dimension a multiple of four
 * @param list receives the candidates; has room for `capacity`, at least `keep` and eight, and four more
 * @returns number of candidates, at most `keep`
 */
export function scan(query: usize, block: usize, blocks: i32, dimension: i32, list: usize, capacity: i32, keep: i32): i32 {
  const distances = list + 8 * capacity;
  let count = 0;
  let limit = NO_LIMIT;
  for (let first = 0; first < 8 * blocks; first += 8) {
    let low = i32x4.splat(0);
    let high = i32x4.splat(0);
    let at = query;
    for (const end = block + 8 * dimension; block < end; block += 32, at += 32) {
      const values = v128.load(block);
      const more = v128.load(block, 16);
      const asked = v128.load(at);
      const others = v128.load(at, 16);
      low = i32x4.add(low, i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_s(values), asked));
      high = i32x4.add(high, i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_s(values), asked));
      low = i32x4.add(low, i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_s(more), others));
      high = i32x4.add(high, i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_s(more), others));
    }
    low = i32x4.sub(v128.load(block), low);
    high = i32x4.sub(v128.load(block, 16), high);
    block += 32;
    const limits = i32x4.splat(limit);
    let near = i32x4.bitmask(i32x4.lt_s(low, limits)) | (i32x4.bitmask(i32x4.lt_s(high, limits)) << 4);
    if (near === 0) continue;
    if (count + 8 > capacity) {
      limit = nearest(list, count, keep);
      count = keep;
    }
    v128.store(distances, low);
    v128.store(distances, high, 16);
    for (; near !== 0; near &= near - 1) {
      const lane = ctz(near);
      count += put(list, count, load<i32>(distances + 4 * lane), first + lane, limit);
    }
  }
  if (count > keep) nearest(list, count, keep);
  return min(count, keep);
}

/**
 * Finds the rows that are nearest to a query.
 * @param query coordinates as int16
 * @param bytes a row's coordinates, a multiple of 16
 * @param numbers the rows that are compared, int32
 */
export function rank(
  query: usize,
  rows: usize,
  bytes: i32,
  numbers: usize,
  count: i32,
  list: usize,
  capacity: i32,
  keep: i32,
): i32 {
  let found = 0;
  let limit = NO_LIMIT;
  for (let i = 0; i < count; i++) {
    const row = load<i32>(numbers + 4 * i);
    const start = rows + (row as usize) * bytes;
    let sums = i32x4.splat(0);
    let others = i32x4.splat(0);
    for (let at = 0; at < bytes; at += 16) {
      const values = v128.load(start + at);
      const low = i16x8.sub(i16x8.extend_low_i8x16_s(values), v128.load(query + 2 * at));
      const high = i16x8.sub(i16x8.extend_high_i8x16_s(values), v128.load(query + 2 * at, 16));
      sums = i32x4.add(sums, i32x4.dot_i16x8_s(low, low));
      others = i32x4.add(others, i32x4.dot_i16x8_s(high, high));
    }
    sums = i32x4.add(sums, others);
    sums = i32x4.add(sums, v128.shuffle<i32>(sums, sums, 2, 3, 0, 1));
    if (found === capacity) {
      limit = nearest(list, found, keep);
      found = keep;
    }
    found += put(list, found, i32x4.extract_lane(sums, 0) + i32x4.extract_lane(sums, 1), row, limit);
  }
  if (found > keep) nearest(list, found, keep);
  return min(found, keep);
}

/** @returns 1 where the candidate is in the list now */
@inline
function put(list: usize, count: i32, distance: i32, number: i32, limit: i32): i32 {
  if (distance >= limit) return 0;
  store<i64>(list + 8 * count, ((distance as i64) << 32) | (number as i64));
  return 1;
}

/** Moves the nearest `keep` to the start (quickselect). @returns the distance of the last of them */
function nearest(list: usize, count: i32, keep: i32): i32 {
  const last = keep - 1;
  let left = 0;
  let right = count - 1;
  while (left < right) {
    const pivot = load<i64>(list + 8 * ((left + right) >> 1));
    let i = left;
    let j = right;
    while (i <= j) {
      while (load<i64>(list + 8 * i) < pivot) i++;
      while (load<i64>(list + 8 * j) > pivot) j--;
      if (i > j) break;
      const moved = load<i64>(list + 8 * i);
      store<i64>(list + 8 * i++, load<i64>(list + 8 * j));
      store<i64>(list + 8 * j--, moved);
    }
    if (last <= j) right = j;
    else if (last >= i) left = i;
    else break;
  }
  return (load<i64>(list + 8 * last) >> 32) as i32;
}

/**
 * Computes the products of a vector with others, as float32.
 * @param others row-major, rows of `width` values
 * @param width a multiple of 8
 */
export function project(vector: usize, others: usize, width: i32, rows: i32, out: usize): void {
  for (let row = 0; row < rows; row++) {
    let sums = f32x4.splat(0);
    let more = f32x4.splat(0);
    for (let i = 0; i < 4 * width; i += 32) {
      sums = f32x4.add(sums, f32x4.mul(v128.load(vector + i), v128.load(others + i)));
      more = f32x4.add(more, f32x4.mul(v128.load(vector + i, 16), v128.load(others + i, 16)));
    }
    sums = f32x4.add(sums, more);
    sums = f32x4.add(sums, v128.shuffle<f32>(sums, sums, 2, 3, 0, 1));
    store<f32>(out + 4 * row, f32x4.extract_lane(sums, 0) + f32x4.extract_lane(sums, 1));
    others += 4 * width;
  }
}
