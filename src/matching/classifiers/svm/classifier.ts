import type { Classifier, Ranking } from '../classifier.js';
import { joinRows, type Samples } from '../samples.js';
import { kernelValue, stackedRow } from './kernel.js';
import type { BinaryMachine } from './libsvm.js';
import type { SvmState } from './train.js';

/** The person whose machine decides highest; the score is that decision. */
export function svmClassifier(state: SvmState, samples: Samples, strangers: Samples): Classifier {
  const decisions =
    state.kernel.kind === 'linear' ? linear(state, samples, strangers) : overVectors(state, samples, strangers);
  return { rank: (embedding) => highest(decisions(embedding)) };
}

type Decisions = (embedding: Float32Array) => Float64Array;

/** A linear machine is one weight vector: Σ coefficient · row / spread. */
function linear({ machines, kernel }: SvmState, samples: Samples, strangers: Samples): Decisions {
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

/** The kernel with each support vector once, shared by all machines. */
function overVectors({ machines, kernel }: SvmState, samples: Samples, strangers: Samples): Decisions {
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
