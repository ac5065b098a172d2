import type { BinaryMachine, Libsvm } from './libsvm.js';
import { KernelRows, type KernelSpec } from './kernel.js';
import type { Samples } from '../samples.js';

export interface SvmOptions {
  readonly kernel: KernelSpec['kind'];
  readonly cost: number;
}

/** One machine a person, "this person or anyone else"; null for a person who has no sample. */
export interface SvmState {
  readonly kernel: KernelSpec;
  /** Their rows count through the samples, then through the strangers. */
  readonly machines: readonly (BinaryMachine | null)[];
}

/** Up to this many rows everybody is trained against all the others; libsvm holds the kernel of all of them at once. */
const MAX_WHOLE = 1000;
/**
 * In a larger gallery a person is told from this many others, the nearest ones: those further away would hardly become
 * support vectors. 150, 300 and all 600 rows of the development photos name the same faces.
 */
const MAX_OTHERS = 150;

/**
 * Trains one person against the rest, everyone in turn. One against the rest, and not libsvm's own one against one,
 * because a stranger then is on the wrong side of every machine, where a vote among pairs always has a winner.
 * @param strangers rows of people who are not to be named; they are among the rest for everyone
 */
export function trainSvm(libsvm: Libsvm, samples: Samples, strangers: Samples, options: SvmOptions): SvmState {
  const rows = new KernelRows(samples, strangers, options.kernel);
  const everything = Array.from({ length: rows.count }, (_, row) => row);
  const whole = rows.count <= MAX_WHOLE ? rows.kernelOf(everything) : null;
  const machines = samples.names.map((_, index) => {
    const own = everything.filter((row) => samples.person[row] === index);
    if (own.length === 0 || own.length === rows.count) return null;
    const chosen = whole ? everything : [...own, ...rows.nearest(own, MAX_OTHERS)].sort((a, b) => a - b);
    const answers = chosen.map((row) => samples.person[row] === index);
    const machine = libsvm.train(whole ?? rows.kernelOf(chosen), answers, options.cost);
    return { ...machine, rows: machine.rows.map((place) => chosen[place]) };
  });
  return { kernel: rows.spec, machines };
}
