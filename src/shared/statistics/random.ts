/** Uniform numbers in [0, 1), identical for the same seed on all machines (Tommy Ettinger's Mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A shuffled copy (Fisher and Yates). */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const copy = [...items];
  for (let i = copy.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [copy[i], copy[j]] = [copy[j], copy[i]];
  }
  return copy;
}

/** In no fold: used for training in every round, never tested. */
export const NO_FOLD = -1;

/**
 * Stratified folds: each person's samples are spread evenly. A person's only sample is in no fold, since without it
 * nothing about the person could be learned.
 * @param rowsByClass the samples of each person
 * @returns the fold of each sample, or NO_FOLD
 */
export function stratifiedFolds(rowsByClass: readonly (readonly number[])[], folds: number, seed = 1): Int32Array {
  const random = seededRandom(seed);
  const count = rowsByClass.reduce((sum, { length }) => sum + length, 0);
  const fold = new Int32Array(count).fill(NO_FOLD);
  let next = 0;
  for (const rows of rowsByClass) {
    if (rows.length < 2) continue;
    for (const row of shuffled(rows, random)) fold[row] = next++ % folds;
  }
  return fold;
}

/** Distributes items evenly to folds, shuffled. */
export function evenFolds(count: number, folds: number, seed = 1): Int32Array {
  const order = shuffled(
    Array.from({ length: count }, (_, i) => i),
    seededRandom(seed),
  );
  const fold = new Int32Array(count);
  order.forEach((item, place) => (fold[item] = place % folds));
  return fold;
}
