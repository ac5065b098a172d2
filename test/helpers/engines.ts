import { seededRandom } from '../../src/shared/statistics/random.js';
import type { Engine, Session, Tensor } from '../../src/engine/engine.js';

/** Values -1..1, the same for the same seed. */
export function randomTensor(dims: readonly number[], seed = 1): Tensor {
  const random = seededRandom(seed);
  const size = dims.reduce((product, dim) => product * dim, 1);
  return { dims, data: Float32Array.from({ length: size }, () => random() * 2 - 1) };
}

/** @throws Error when the two differ in shape, or one is not a number where the other is */
export function largestDifference(a: Tensor, b: Tensor): number {
  if (a.dims.join() !== b.dims.join()) throw new Error(`[${a.dims.join(', ')}] is not [${b.dims.join(', ')}]`);
  return a.data.reduce((largest, value, i) => {
    const difference = value === b.data[i] ? 0 : Math.abs(value - b.data[i]);
    return difference >= 0 ? Math.max(largest, difference) : Infinity;
  }, 0);
}

/** The largest difference of each output of two networks for the same input. */
export async function compareSessions(
  a: Session,
  b: Session,
  feeds: Readonly<Record<string, Tensor>>,
): Promise<Record<string, number>> {
  const [left, right] = [await a.run(feeds), await b.run(feeds)];
  if (Object.keys(left).sort().join() !== Object.keys(right).sort().join()) throw new Error('the outputs differ');
  return Object.fromEntries(Object.keys(right).map((name) => [name, largestDifference(left[name], right[name])]));
}

export interface ComparingEngine extends Engine {
  /** Largest difference so far, and how many runs it is of, by the outputs' names. */
  readonly seen: Map<string, { runs: number; largest: number }>;
}

/** Returns the outputs of `first` and compares them with those of `second`. */
export function comparingEngine(first: Engine, second: Engine): ComparingEngine {
  const seen: ComparingEngine['seen'] = new Map();
  return {
    name: first.name,
    provider: first.provider,
    seen,
    async load(model) {
      const sessions = [await first.load(model), await second.load(model)] as const;
      const [{ inputs, outputs, inputDims }] = sessions;
      const key = outputs.join();
      return {
        inputs,
        outputs,
        inputDims,
        async run(feeds) {
          const copies = structuredClone(feeds);
          const answers = [await sessions[0].run(feeds), await sessions[1].run(copies)];
          const { runs, largest } = seen.get(key) ?? { runs: 0, largest: 0 };
          const now = outputs.map((name) => largestDifference(answers[0][name], answers[1][name]));
          seen.set(key, { runs: runs + 1, largest: Math.max(largest, ...now) });
          return answers[0];
        },
        dispose: async () => {
          for (const session of sessions) await session.dispose();
        },
      };
    },
  };
}
