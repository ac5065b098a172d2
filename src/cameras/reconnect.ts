const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/**
 * How long to wait before the next try: twice as long with each, half a minute at most, and by chance up to a half shorter,
 * so that cameras behind one switch do not come back all at once.
 * @param failures tries in a row that brought no picture, from 1
 * @param chance 0..1
 */
export function reconnectDelayMs(failures: number, chance = Math.random()): number {
  const full = Math.min(FIRST_MS * 2 ** (failures - 1), LONGEST_MS);
  return full * (1 - chance / 2);
}
