import { createRequire } from 'node:module';
import { withoutErrorHandlers } from '../../../engine/error-handlers.js';

/** A binary SVM: decision(x) = sum of coefficients[i] · k(x, rows[i]) − rho. */
export interface BinaryMachine {
  /** The support vectors as indices of training samples, ascending. */
  readonly rows: Int32Array;
  /** Their dual coefficients: positive for positive samples. */
  readonly coefficients: Float64Array;
  readonly rho: number;
}

/** The only interface to libsvm. `train` blocks the calling thread. */
export interface Libsvm {
  /**
   * C-support vector classification with a precomputed kernel.
   * @param kernel row-major, count × count, symmetric: k(x_i, x_j)
   * @param isPositive whether each sample is positive; both classes must occur
   */
  train(kernel: Float64Array, isPositive: readonly boolean[], cost: number): BinaryMachine;
}

/** The part of libsvm-js that is used; the package has no types. */
interface MachineClass {
  new (options: { type: string; kernel: string; cost: number; quiet: boolean }): {
    train(samples: readonly ArrayLike<number>[], labels: readonly number[]): void;
    serializeModel(): string;
    free(): void;
  };
  readonly SVM_TYPES: Readonly<Record<'C_SVC', string>>;
  readonly KERNEL_TYPES: Readonly<Record<'PRECOMPUTED', string>>;
}

export async function loadLibsvm(): Promise<Libsvm> {
  const SVM = await loadQuietly();
  const type = SVM.SVM_TYPES.C_SVC;
  const precomputed = SVM.KERNEL_TYPES.PRECOMPUTED;
  return {
    train(kernel, isPositive, cost) {
      const machine = new SVM({ type, kernel: precomputed, cost, quiet: true });
      try {
        machine.train(
          numberedRows(kernel, isPositive.length),
          isPositive.map((yes) => (yes ? 1 : -1)),
        );
        return parseMachine(machine.serializeModel());
      } finally {
        machine.free();
      }
    },
  };
}

/**
 * libsvm-js was compiled with an Emscripten of 2017, which adds a handler that ends the process on unhandled
 * rejections, and takes any `fetch` for a browser's and warns that it cannot fetch a file path.
 */
async function loadQuietly(): Promise<MachineClass> {
  const require = createRequire(import.meta.url);
  const streaming = Object.getOwnPropertyDescriptor(WebAssembly, 'instantiateStreaming');
  Reflect.deleteProperty(WebAssembly, 'instantiateStreaming');
  try {
    return await withoutErrorHandlers(() => require('libsvm-js/wasm.js') as Promise<MachineClass>);
  } finally {
    if (streaming) Object.defineProperty(WebAssembly, 'instantiateStreaming', streaming);
  }
}

/** libsvm's format of precomputed kernels (README, "Precomputed Kernels"): each row starts with its number, from 1. */
function numberedRows(kernel: Float64Array, count: number): Float64Array[] {
  return Array.from({ length: count }, (_, row) => {
    const numbered = new Float64Array(count + 1);
    numbered[0] = row + 1;
    numbered.set(kernel.subarray(row * count, (row + 1) * count), 1);
    return numbered;
  });
}

/**
 * Reads libsvm's model format, as written by `svm_save_model`: header lines, `SV`, then one line `<coefficient>
 * 0:<number>` per support vector. Decision values are positive for the first of the two labels.
 */
export function parseMachine(text: string): BinaryMachine {
  const lines = text.trimEnd().split('\n');
  const start = lines.findIndex((line) => line.trim() === 'SV');
  const header = new Map(lines.slice(0, start).map((line) => [line.split(' ')[0], line.split(' ').slice(1)]));
  const labels = header.get('label')?.map(Number);
  if (start < 0 || labels?.length !== 2) throw new Error('libsvm returned no model of two classes');
  const sign = labels[0] === 1 ? 1 : -1;
  const vectors = lines
    .slice(start + 1)
    .map((line) => /^(\S+) 0:(\d+)/.exec(line)!)
    .map(([, coefficient, number]) => ({ row: Number(number) - 1, coefficient: sign * Number(coefficient) }))
    .sort((a, b) => a.row - b.row);
  return {
    rows: Int32Array.from(vectors, ({ row }) => row),
    coefficients: Float64Array.from(vectors, ({ coefficient }) => coefficient),
    rho: sign * Number(header.get('rho')?.[0]),
  };
}
