import type { Classifier, Ranking } from '../classifier.js';
import { joinRows, type Samples } from '../samples.js';
import { KernelRows, type KernelSpec, kernelValue, stackedRow } from './kernel.js';
import type { BinaryMachine, Libsvm } from './libsvm.js';

/** One-vs-rest SVM: the person with the highest decision value, which is the score. */
export function svmClassifier(state: SvmState, samples: Samples, strangers: Samples): Classifier {
  const decisions =
    state.kernel.kind === 'linear'
      ? linearDecisions(state, samples, strangers)
      : kernelDecisions(state, samples, strangers);
  return { rank: (embedding) => highest(decisions(embedding)) };
}

type Decisions = (embedding: Float32Array) => Float64Array;

/** A linear machine is one weight vector: Σ coefficient · row / spread. */
function linearDecisions({ machines, kernel }: SvmState, samples: Samples, strangers: Samples): Decisions {
  const weights = machines.map((machine) => {
    const sum = new Float64Array(samples.dimension);
    machine?.rows.forEach((row, i) => {
      const vector = stackedRow(samples, strangers, row);
      const factor = machine.coefficients[i] / kernel.spread;
      for (let d = 0; d < sum.length; d++) sum[d] += factor * vector[d];
    });
    return sum;
  });
  return (embedding) =>
    Float64Array.from(machines, (machine, person) => {
      if (!machine) return -Infinity;
      let decision = -machine.rho;
      for (let d = 0; d < embedding.length; d++) decision += weights[person][d] * embedding[d];
      return decision;
    });
}

/** Computes the kernel once per support vector for all machines. */
function kernelDecisions({ machines, kernel }: SvmState, samples: Samples, strangers: Samples): Decisions {
  const used = [...new Set(machines.flatMap((machine) => (machine ? [...machine.rows] : [])))];
  const { dimension } = samples;
  const vectors = joinRows(
    used.map((row) => stackedRow(samples, strangers, row)),
    dimension,
  );
  const placeOf = new Map(used.map((row, place) => [row, place]));
  const places = machines.map((machine) => machine && Int32Array.from(machine.rows, (row) => placeOf.get(row)!));
  return (embedding) => {
    const values = Float64Array.from(used, (_, place) =>
      kernelValue(kernel, embedding, vectors.subarray(place * dimension, (place + 1) * dimension)),
    );
    return Float64Array.from(machines, (machine, person) =>
      machine ? decisionOf(machine, places[person]!, values) : -Infinity,
    );
  };
}

function decisionOf({ coefficients, rho }: BinaryMachine, places: Int32Array, values: Float64Array): number {
  return places.reduce((sum, place, i) => sum + coefficients[i] * values[place], -rho);
}

function highest(decisions: Float64Array): Ranking | null {
  let [best, runnerUp] = [-1, -1];
  decisions.forEach((decision, person) => {
    if (decision === -Infinity) return;
    if (best < 0 || decision > decisions[best]) [best, runnerUp] = [person, best];
    else if (runnerUp < 0 || decision > decisions[runnerUp]) runnerUp = person;
  });
  return best < 0 ? null : { best, runnerUp: runnerUp < 0 ? null : runnerUp, score: decisions[best] };
}

export interface SvmOptions {
  readonly kernel: KernelSpec['kind'];
  readonly cost: number;
}

/** One machine per person, "this person or anyone else"; null for a person without samples. */
export interface SvmState {
  readonly kernel: KernelSpec;
  /** Row numbers continue from the samples to the strangers. */
  readonly machines: readonly (BinaryMachine | null)[];
}

/** Up to this many rows each person is trained against all others; libsvm holds the kernel of all of them in memory. */
const MAX_WHOLE = 1000;
/**
 * In a larger gallery each person is trained against this many of the nearest other rows: rows further away would
 * rarely become support vectors. 150, 300 and all 600 rows of the development photos name the same faces.
 */
const MAX_OTHERS = 150;

/**
 * Trains one machine per person against the rest. Not libsvm's one-vs-one: with one-vs-rest a stranger is on the
 * negative side of all machines, while a vote among pairs always has a winner.
 * @param strangers samples of unknown people, part of the rest for everyone
 */
export function trainSvm(libsvm: Libsvm, samples: Samples, strangers: Samples, options: SvmOptions): SvmState {
  const rows = new KernelRows(samples, strangers, options.kernel);
  const everything = Array.from({ length: rows.count }, (_, row) => row);
  const whole = rows.count <= MAX_WHOLE ? rows.kernelOf(everything) : null;
  const machines = samples.names.map((_, index) => {
    const own = everything.filter((row) => samples.person[row] === index);
    if (own.length === 0 || own.length === rows.count) return null;
    const chosen = whole ? everything : [...own, ...rows.nearest(own, MAX_OTHERS)].sort((a, b) => a - b);
    const isPositive = chosen.map((row) => samples.person[row] === index);
    const machine = libsvm.train(whole ?? rows.kernelOf(chosen), isPositive, options.cost);
    return { ...machine, rows: machine.rows.map((place) => chosen[place]) };
  });
  return { kernel: rows.spec, machines };
}
