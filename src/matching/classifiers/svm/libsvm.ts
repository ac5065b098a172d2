import { createRequire } from 'node:module';

/** What libsvm finds for one question of yes or no: decision(x) = sum of coefficients[i] · k(x, rows[i]) − rho. */
export interface BinaryMachine {
  /** The support vectors, as places among the samples that it was trained on; ascending. */
  readonly rows: Int32Array;
  /** Their dual coefficients: positive where the answer is yes. */
  readonly coefficients: Float64Array;
  readonly rho: number;
}

/** `train` blocks the thread that calls it. The only door to libsvm. */
export interface Libsvm {
  /**
   * C-support vector classification over a kernel that is computed already.
   * @param kernel row-major, count × count, symmetric: k(x_i, x_j)
   * @param answers whether each sample is of the class; both answers must occur
   */
  train(kernel: Float64Array, answers: readonly boolean[], cost: number): BinaryMachine;
}

/** The part of libsvm-js that is used here; the package comes without types. */
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
    train(kernel, answers, cost) {
      const machine = new SVM({ type, kernel: precomputed, cost, quiet: true });
      try {
        machine.train(
          numberedRows(kernel, answers.length),
          answers.map((yes) => (yes ? 1 : -1)),
        );
        return parseMachine(machine.serializeModel());
      } finally {
        machine.free();
      }
    },
  };
}

/**
 * Its Emscripten of 2017 takes any `fetch` for a browser's and complains that it cannot fetch a file path, and ends the
 * process at every rejected promise that nobody handles: neither is its business here.
 */
async function loadQuietly(): Promise<MachineClass> {
  const require = createRequire(import.meta.url);
  const streaming = Object.getOwnPropertyDescriptor(WebAssembly, 'instantiateStreaming');
  const listeners = new Set(process.listeners('unhandledRejection'));
  Reflect.deleteProperty(WebAssembly, 'instantiateStreaming');
  try {
    return await (require('libsvm-js/wasm.js') as Promise<MachineClass>);
  } finally {
    if (streaming) Object.defineProperty(WebAssembly, 'instantiateStreaming', streaming);
    for (const listener of process.listeners('unhandledRejection')) {
      if (!listeners.has(listener)) process.off('unhandledRejection', listener);
    }
  }
}

/** As libsvm's README, "Precomputed Kernels", wants it: each row of the kernel begins with its number, counted from 1. */
function numberedRows(kernel: Float64Array, count: number): Float64Array[] {
  return Array.from({ length: count }, (_, row) => {
    const numbered = new Float64Array(count + 1);
    numbered[0] = row + 1;
    numbered.set(kernel.subarray(row * count, (row + 1) * count), 1);
    return numbered;
  });
}

/**
 * Reads libsvm's own model format, as `svm_save_model` writes it: header lines, `SV`, then a line
 * `<coefficient> 0:<number>` for each support vector. The first of the two labels is the one whose decisions are positive.
 */
export function parseMachine(text: string): BinaryMachine {
  const lines = text.trimEnd().split('\n');
  const start = lines.findIndex((line) => line.trim() === 'SV');
  const header = new Map(lines.slice(0, start).map((line) => [line.split(' ')[0], line.split(' ').slice(1)]));
  const labels = header.get('label')?.map(Number);
  if (start < 0 || labels?.length !== 2) throw new Error('libsvm gave no model of two classes');
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
