import { readFileSync } from 'node:fs';
import { packageRoot } from '../../shared/version.js';

/** The functions of scan-kernel.as. Addresses are bytes of the memory. */
interface Kernel {
  scan(...values: [...Query, ...blocks: [address: number, count: number, dimension: number], ...List]): number;
  rank(
    ...values: [...Query, ...rows: [address: number, bytes: number, numbers: number, count: number], ...List]
  ): number;
  project(vector: number, others: number, width: number, rows: number, out: number): void;
}

type Query = [query: number];
type List = [list: number, capacity: number, keep: number];

/** Compiled by scripts/build.js, for the sources too. */
const FILE = new URL('dist/scan-kernel.wasm', packageRoot);
const PAGE_BYTES = 2 ** 16;
/** Memory grows by this share, so that a million additions do not grow it a million times. */
const GROWTH = 0.25;

/** @returns null where the compiled file is missing, or the machine or Node.js has no SIMD WebAssembly */
export function loadScanKernel(file = FILE): WebAssembly.Module | null {
  try {
    return new WebAssembly.Module(readFileSync(file));
  } catch {
    return null;
  }
}

/** The functions of the kernel with a memory of their own, of at most 4 GB. */
export class KernelMemory {
  readonly kernel: Kernel;
  bytes = new Int8Array(0);
  shorts = new Int16Array(0);
  ints = new Int32Array(0);
  floats = new Float32Array(0);
  readonly #memory = new WebAssembly.Memory({ initial: 0 });

  constructor(module: WebAssembly.Module) {
    const { exports } = new WebAssembly.Instance(module, { env: { memory: this.#memory } });
    this.kernel = exports as unknown as Kernel;
  }

  /** Makes room for so many bytes. The arrays are other ones afterwards. @throws RangeError when there is no memory left */
  reserve(bytes: number): void {
    const missing = bytes - this.bytes.length;
    if (missing <= 0) return;
    this.#memory.grow(Math.ceil(Math.max(missing, GROWTH * this.bytes.length) / PAGE_BYTES));
    this.bytes = new Int8Array(this.#memory.buffer);
    this.shorts = new Int16Array(this.#memory.buffer);
    this.ints = new Int32Array(this.#memory.buffer);
    this.floats = new Float32Array(this.#memory.buffer);
  }

  /** Copies the numbers of a list of candidates, nearest first. */
  numbersOf(list: number, count: number): number[] {
    const entries = new BigInt64Array(this.#memory.buffer, list, count).slice().sort();
    const halves = new Int32Array(entries.buffer);
    return Array.from(entries, (_, i) => halves[2 * i]);
  }
}
