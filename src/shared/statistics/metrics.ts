/**
 * Verification metrics of genuine pairs (one person) and impostor pairs (two people). `distances[i]` is the distance of
 * pair i, finite; `same[i]` is true for genuine pairs; a pair is accepted if its distance is at most the threshold.
 * Rates are shares, 0..1, and NaN when there is no pair of that kind.
 */

/** Error rates at one threshold. */
export interface Rates {
  /** False-accept rate: impostor pairs accepted, as a share of all impostor pairs. */
  readonly far: number;
  /** False-reject rate: genuine pairs rejected, as a share of all genuine pairs. */
  readonly frr: number;
}

export interface RocPoint extends Rates {
  /** -Infinity for the first point, where nothing is accepted; then each distinct distance, ascending. */
  readonly threshold: number;
}

export interface ValAtFar extends RocPoint {
  /** Validation rate: genuine pairs accepted, as a share of all genuine pairs. */
  readonly val: number;
}

export interface Histogram {
  /** One more than bins, ascending, evenly spaced. Bin i covers edges[i] <= distance < edges[i + 1]. */
  readonly edges: readonly number[];
  readonly genuine: readonly number[];
  readonly impostor: readonly number[];
}

/** All operating points: `far` rises and `frr` falls from (0, 1) to (1, 0). */
export function rocOf(distances: ArrayLike<number>, same: ArrayLike<boolean>): RocPoint[] {
  const order = ascending(distances, same);
  const genuine = countGenuine(same);
  const impostors = same.length - genuine;
  const points: RocPoint[] = [{ threshold: -Infinity, far: rate(0, impostors), frr: rate(genuine, genuine) }];
  let acceptedGenuine = 0;
  order.forEach((pair, i) => {
    if (same[pair]) acceptedGenuine++;
    const threshold = distances[pair];
    if (i + 1 < order.length && distances[order[i + 1]] === threshold) return;
    const far = rate(i + 1 - acceptedGenuine, impostors);
    points.push({ threshold, far, frr: rate(genuine - acceptedGenuine, genuine) });
  });
  return points;
}

export function ratesAt(distances: ArrayLike<number>, same: ArrayLike<boolean>, threshold: number): Rates {
  let falseAccepts = 0;
  let falseRejects = 0;
  for (let i = 0; i < same.length; i++) {
    const accepted = distances[i] <= threshold;
    if (accepted && !same[i]) falseAccepts++;
    if (!accepted && same[i]) falseRejects++;
  }
  const genuine = countGenuine(same);
  return { far: rate(falseAccepts, same.length - genuine), frr: rate(falseRejects, genuine) };
}

/** The share of correctly decided pairs, 0..1. */
export function accuracyAt(distances: ArrayLike<number>, same: ArrayLike<boolean>, threshold: number): number {
  let right = 0;
  for (let i = 0; i < same.length; i++) if (distances[i] <= threshold === same[i]) right++;
  return rate(right, same.length);
}

/**
 * The threshold with the highest accuracy, half-way to the next larger distance, so that it does not coincide with a
 * training pair. The lowest of several.
 * @param distances at least one
 */
export function bestThreshold(distances: ArrayLike<number>, same: ArrayLike<boolean>): number {
  const order = ascending(distances, same);
  let right = same.length - countGenuine(same);
  let best = right;
  let cut = -1;
  order.forEach((pair, i) => {
    right += same[pair] ? 1 : -1;
    if (i + 1 < order.length && distances[order[i + 1]] === distances[pair]) return;
    if (right > best) [best, cut] = [right, i];
  });
  if (cut === -1) return distances[order[0]] / 2;
  const below = distances[order[cut]];
  return cut + 1 < order.length ? (below + distances[order[cut + 1]]) / 2 : below;
}

/**
 * The largest operating point with a false-accept rate of at most `far`. The sample resolves rates from 1 / impostors;
 * below that it is the point before the first accepted impostor pair.
 */
export function valAtFar(distances: ArrayLike<number>, same: ArrayLike<boolean>, far: number): ValAtFar {
  const roc = rocOf(distances, same);
  let last = roc[0];
  for (const point of roc) if (point.far <= far) last = point;
  return { ...last, val: 1 - last.frr };
}

/**
 * Area under the ROC curve, 0..1: the probability that a genuine pair has a smaller distance than an impostor pair;
 * ties count half.
 */
export function auc(distances: ArrayLike<number>, same: ArrayLike<boolean>): number {
  const roc = rocOf(distances, same);
  let area = 0;
  for (let i = 1; i < roc.length; i++) {
    const [a, b] = [roc[i - 1], roc[i]];
    area += (b.far - a.far) * (1 - (a.frr + b.frr) / 2);
  }
  return area;
}

/** Equal error rate, 0..1: where FAR equals FRR, interpolated linearly between points. */
export function eer(distances: ArrayLike<number>, same: ArrayLike<boolean>): number {
  const roc = rocOf(distances, same);
  const next = roc.findIndex(({ far, frr }) => far >= frr);
  if (next === -1) return NaN;
  const [a, b] = [roc[next - 1], roc[next]];
  const gap = a.frr - a.far;
  const share = gap / (gap + b.far - b.frr);
  return a.far + share * (b.far - a.far);
}

/** Counts in `bins` bins from 0 to `top`; values outside count in the first or last bin. */
export function histogram(
  distances: ArrayLike<number>,
  same: ArrayLike<boolean>,
  { bins, top }: { readonly bins: number; readonly top: number },
): Histogram {
  const genuine = new Array<number>(bins).fill(0);
  const impostor = new Array<number>(bins).fill(0);
  for (let i = 0; i < same.length; i++) {
    const bin = Math.min(bins - 1, Math.max(0, Math.floor((distances[i] / top) * bins)));
    (same[i] ? genuine : impostor)[bin]++;
  }
  return { edges: Array.from({ length: bins + 1 }, (_, i) => (i * top) / bins), genuine, impostor };
}

function ascending(distances: ArrayLike<number>, same: ArrayLike<boolean>): Uint32Array {
  if (distances.length !== same.length) throw new Error(`${distances.length} distances, ${same.length} labels`);
  return Uint32Array.from({ length: same.length }, (_, i) => i).sort((a, b) => distances[a] - distances[b]);
}

function countGenuine(same: ArrayLike<boolean>): number {
  let count = 0;
  for (let i = 0; i < same.length; i++) if (same[i]) count++;
  return count;
}

function rate(part: number, whole: number): number {
  return whole === 0 ? NaN : part / whole;
}

/**
 * Upper end of the one-sided Clopper-Pearson confidence interval of a rate. Without an event in n trials it is about
 * 3/n at 95 % (the rule of three; Hanley and Lippman-Hand, JAMA 249(13), 1983).
 * @param events number of events, 0..trials
 * @returns a rate, 0..1; 1 without trials
 */
export function upperBound(events: number, trials: number, confidence = 0.95): number {
  if (events >= trials) return 1;
  let [low, high] = [events / trials, 1];
  for (let step = 0; step < BISECTIONS; step++) {
    const middle = (low + high) / 2;
    if (binomialCdf(events, trials, middle) > 1 - confidence) low = middle;
    else high = middle;
  }
  return high;
}

/** Halvings of the interval [0, 1] to the precision of a double. */
const BISECTIONS = 50;

/** Probability of at most `events` events in `trials` trials with probability `rate`, computed from logarithms. */
function binomialCdf(events: number, trials: number, rate: number): number {
  let logChance = trials * Math.log1p(-rate);
  let sum = Math.exp(logChance);
  for (let k = 1; k <= events; k++) {
    logChance += Math.log((trials - k + 1) / k) + Math.log(rate) - Math.log1p(-rate);
    sum += Math.exp(logChance);
  }
  return sum;
}
