import { seededRandom, shuffled } from './random.js';

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
