/** Uniform numbers in [0, 1), the same for the same seed on every machine (Tommy Ettinger's Mulberry32). */
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

/** In no fold: used for training in every round, tested in none. */
export const ALWAYS_TRAINING = -1;

/**
 * Deals samples into folds so that everyone's are spread evenly. Who has a single sample is in no fold, because a round
 * that tested it would know nothing of its person.
 * @param rowsByClass the samples of each person
 * @returns the fold of each sample, or ALWAYS_TRAINING
 */
export function stratifiedFolds(rowsByClass: readonly (readonly number[])[], folds: number, seed = 1): Int32Array {
  const random = seededRandom(seed);
  const count = rowsByClass.reduce((sum, { length }) => sum + length, 0);
  const fold = new Int32Array(count).fill(ALWAYS_TRAINING);
  let next = 0;
  for (const rows of rowsByClass) {
    if (rows.length < 2) continue;
    for (const row of shuffled(rows, random)) fold[row] = next++ % folds;
  }
  return fold;
}

/** Deals things of one kind into folds evenly. */
export function plainFolds(count: number, folds: number, seed = 1): Int32Array {
  const order = shuffled(
    Array.from({ length: count }, (_, i) => i),
    seededRandom(seed),
  );
  const fold = new Int32Array(count);
  order.forEach((item, place) => (fold[item] = place % folds));
  return fold;
}
