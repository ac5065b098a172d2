/** probability(score) = 1 / (1 + exp(slope · score + offset)); the slope is negative when a higher score is better. */
export interface Sigmoid {
  readonly slope: number;
  readonly offset: number;
}

export function probabilityOf({ slope, offset }: Sigmoid, score: number): number {
  const z = slope * score + offset;
  return z >= 0 ? Math.exp(-z) / (1 + Math.exp(-z)) : 1 / (1 + Math.exp(z));
}

const MAX_ITERATIONS = 100;
const MIN_STEP = 1e-10;
const RIDGE = 1e-12;
const ENOUGH = 1e-5;

/**
 * Platt scaling: fits the sigmoid that maps scores to probabilities. J. Platt, "Probabilistic outputs for support
 * vector machines" (1999), with the Newton iteration and constants of H.-T. Lin, C.-J. Lin and R. C. Weng, "A note on
 * Platt's probabilistic outputs for support vector machines" (Machine Learning 68, 2007), appendix. Platt's targets are
 * the counts with a uniform prior instead of 0 and 1, so that separable data does not give an infinite slope.
 * @param right whether each score belongs to a correct result
 */
export function fitSigmoid(scores: ArrayLike<number>, right: ArrayLike<boolean>): Sigmoid {
  const targets = plattTargets(right);
  let current: Sigmoid = { slope: 0, offset: Math.log((targets.wrong + 1) / (targets.right + 1)) };
  let loss = lossOf(current, scores, targets.values);
  for (let iteration = 0; iteration < MAX_ITERATIONS; iteration++) {
    const { gradient, direction } = newton(current, scores, targets.values);
    if (Math.abs(gradient[0]) < ENOUGH && Math.abs(gradient[1]) < ENOUGH) break;
    const descent = gradient[0] * direction[0] + gradient[1] * direction[1];
    let step = 1;
    for (; step >= MIN_STEP; step /= 2) {
      const next = { slope: current.slope + step * direction[0], offset: current.offset + step * direction[1] };
      const nextLoss = lossOf(next, scores, targets.values);
      if (nextLoss < loss + 1e-4 * step * descent) {
        [current, loss] = [next, nextLoss];
        break;
      }
    }
    if (step < MIN_STEP) break;
  }
  return current;
}

function plattTargets(right: ArrayLike<boolean>) {
  let rights = 0;
  for (let i = 0; i < right.length; i++) if (right[i]) rights++;
  const wrongs = right.length - rights;
  const [high, low] = [(rights + 1) / (rights + 2), 1 / (wrongs + 2)];
  const values = Float64Array.from({ length: right.length }, (_, i) => (right[i] ? high : low));
  return { values, right: rights, wrong: wrongs };
}

/** Cross entropy, in a form without overflow. */
function lossOf({ slope, offset }: Sigmoid, scores: ArrayLike<number>, targets: Float64Array): number {
  let loss = 0;
  for (let i = 0; i < targets.length; i++) {
    const z = slope * scores[i] + offset;
    loss += z >= 0 ? targets[i] * z + Math.log1p(Math.exp(-z)) : (targets[i] - 1) * z + Math.log1p(Math.exp(z));
  }
  return loss;
}

/** Gradient of the loss by slope and offset, and the Newton direction. */
function newton(sigmoid: Sigmoid, scores: ArrayLike<number>, targets: Float64Array) {
  let [h11, h22, h21, g1, g2] = [RIDGE, RIDGE, 0, 0, 0];
  for (let i = 0; i < targets.length; i++) {
    const p = probabilityOf(sigmoid, scores[i]);
    const curvature = p * (1 - p);
    h11 += scores[i] * scores[i] * curvature;
    h22 += curvature;
    h21 += scores[i] * curvature;
    g1 += scores[i] * (targets[i] - p);
    g2 += targets[i] - p;
  }
  const determinant = h11 * h22 - h21 * h21;
  const direction = [-(h22 * g1 - h21 * g2) / determinant, -(-h21 * g1 + h11 * g2) / determinant] as const;
  return { gradient: [g1, g2] as const, direction };
}
