/**
 * How far apart strangers lie, and what follows for a gallery: the chance that a search by a stranger gets a name grows with
 * every enrolled example, so the threshold has to fall.
 */

/** Rows [n, d], n rising, d falling: one pair of strangers in n is nearer than d (plain Euclidean distance). */
export type ImpostorTable = readonly (readonly [number, number])[];

/**
 * The share of strangers who would come this near to somebody in a gallery.
 * @param examples enrolled photos that are compared
 * @returns 0..1: 1 − (1 − p)^examples, p the share of pairs of strangers nearer than `distance`; pairs are taken as
 *   independent, which overstates it a little where people have several photos
 */
export function falseMatchRate(table: ImpostorTable, distance: number, examples: number): number {
  return -Math.expm1(examples * Math.log1p(-pairShare(table, distance)));
}

/**
 * The largest threshold at which at most `rate` of the searches by strangers get a name.
 * @param rate above 0, below 1
 * @param examples enrolled photos that are compared; below 1 counts as 1
 */
export function thresholdFor(table: ImpostorTable, rate: number, examples: number): number {
  const share = -Math.expm1(Math.log1p(-rate) / Math.max(1, examples));
  return distanceOfShare(table, share);
}

/** The share of pairs of strangers nearer than a distance: straight in log n between the rows and beyond the last. */
function pairShare(table: ImpostorTable, distance: number): number {
  const next = table.findIndex(([, d]) => d <= distance);
  const at = Math.max(1, next === -1 ? table.length - 1 : next);
  const [[n0, d0], [n1, d1]] = [table[at - 1], table[at]];
  const slope = (Math.log(n1) - Math.log(n0)) / (d1 - d0);
  return Math.min(1, Math.exp(-(Math.log(n0) + slope * (distance - d0))));
}

function distanceOfShare(table: ImpostorTable, share: number): number {
  const wanted = -Math.log(share);
  const next = table.findIndex(([n]) => Math.log(n) >= wanted);
  const at = Math.max(1, next === -1 ? table.length - 1 : next);
  const [[n0, d0], [n1, d1]] = [table[at - 1], table[at]];
  const distance = d0 + ((wanted - Math.log(n0)) * (d1 - d0)) / (Math.log(n1) - Math.log(n0));
  return Math.max(0, Math.min(2, distance));
}
