import { badPickle } from './pickle-machine.js';

/**
 * What a pickle can hold here. Python 2 strings and bytes arrive as bytes, lists and tuples as arrays, dictionaries as
 * maps (their keys, text or bytes, as latin1 text), so no key can touch a prototype.
 */
export type PickleValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | PickleValue[]
  | Map<string, PickleValue>
  | PickledArray
  | PickledDtype
  | PickledGlobal;

/** numpy's own limit, `NPY_MAXDIMS`. */
const MAX_DIMENSIONS = 64;

/** A numpy dtype inside a pickle: `f4` and its byte order. */
export class PickledDtype {
  byteOrder = '|';
  constructor(readonly kind: string) {}

  /** As npy headers write it: `<f4`, `|O8`. */
  get descr(): string {
    return this.byteOrder + this.kind;
  }
}

/** A numpy array inside a pickle. */
export class PickledArray {
  dtype = new PickledDtype('');
  shape: readonly number[] = [];
  /** True when the first index runs fastest in `data`. */
  fortranOrder = false;
  /** The values as they lie in memory; a list of values when the dtype is object. */
  data: Uint8Array | PickleValue[] = [];
}

/** Something a pickle asks Python for. Only these three exist here; none of them is code. */
export class PickledGlobal {
  constructor(
    readonly name: string,
    readonly call: ((args: readonly PickleValue[]) => PickleValue) | null,
  ) {}
}

const NDARRAY = new PickledGlobal('numpy.ndarray', null);
const RECONSTRUCT = new PickledGlobal('numpy.core.multiarray._reconstruct', ([type]) => {
  if (type !== NDARRAY) throw badPickle('it reconstructs something that is no numpy array');
  return new PickledArray();
});
const DTYPE = new PickledGlobal('numpy.dtype', ([kind]) => new PickledDtype(text(kind)));

const GLOBALS = new Map<string, PickledGlobal>([
  ['numpy.core.multiarray _reconstruct', RECONSTRUCT],
  ['numpy._core.multiarray _reconstruct', RECONSTRUCT],
  ['numpy ndarray', NDARRAY],
  ['numpy dtype', DTYPE],
]);

/** @throws RostroError `bad_model_file` that names what was asked for, unless it is in the table. */
export function findGlobal(module: string, name: string): PickledGlobal {
  const found = GLOBALS.get(`${module} ${name}`);
  if (found) return found;
  const asked = `${module}.${name}`.slice(0, 80).replace(/[^\w.]/g, '?');
  throw badPickle(`it asks to run ${asked}, which no saved array needs`);
}

/** The value that calling `target` makes. */
export function callGlobal(target: PickleValue, args: readonly PickleValue[]): PickleValue {
  if (!(target instanceof PickledGlobal) || !target.call) throw badPickle('it calls something that cannot be called');
  return target.call(args);
}

/** `__setstate__`: fills a dtype or an array that was just made. */
export function applyState(target: PickleValue, state: readonly PickleValue[]): void {
  if (target instanceof PickledDtype) target.byteOrder = text(state[1]);
  else if (target instanceof PickledArray) fillArray(target, state);
  else throw badPickle('it fills something that is neither an array nor a dtype');
}

/** State of an ndarray: (version, shape, dtype, is Fortran, data); numpy `methods.c`, array_setstate. */
function fillArray(array: PickledArray, [, shape, dtype, fortranOrder, data]: readonly PickleValue[]): void {
  if (!Array.isArray(shape) || shape.length > MAX_DIMENSIONS || !shape.every(isSize)) {
    throw badPickle('the shape of an array is no tuple of sizes');
  }
  if (!(dtype instanceof PickledDtype)) throw badPickle('an array has no dtype');
  if (!(data instanceof Uint8Array) && !Array.isArray(data)) throw badPickle('an array has no data');
  array.shape = shape;
  array.dtype = dtype;
  array.fortranOrder = fortranOrder === true;
  array.data = data;
}

function isSize(value: PickleValue): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** A short printable name; anything else has no business in an array. */
function text(value: PickleValue | undefined): string {
  const name = value instanceof Uint8Array ? Buffer.from(value.subarray(0, 17)).toString('latin1') : value;
  if (typeof name !== 'string' || !/^[\x21-\x7e]{1,16}$/.test(name)) throw badPickle('the name of a type is no text');
  return name;
}

/**
 * The values of a float32 array in row-major (C) order, whichever order it was saved in.
 * @throws RostroError `bad_model_file` when its values are not float32, or more or fewer than its shape says.
 */
export function float32Values(array: PickledArray): Float32Array {
  const { dtype, shape, data } = array;
  if (dtype.descr !== '<f4' || !(data instanceof Uint8Array))
    throw badPickle(`an array holds ${dtype.descr}, not float32`);
  const count = shape.reduce((product, size) => product * size, 1);
  if (data.length !== count * 4) throw badPickle(`an array of shape (${shape.join(', ')}) holds ${data.length} bytes`);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const values = new Float32Array(count);
  const steps = array.fortranOrder ? fortranSteps(shape) : null;
  for (let i = 0; i < count; i++) values[i] = view.getFloat32((steps ? sourceIndex(i, shape, steps) : i) * 4, true);
  return values;
}

/** How far apart neighbours along each axis lie when the first index runs fastest. */
function fortranSteps(shape: readonly number[]): number[] {
  let step = 1;
  return shape.map((size) => {
    const own = step;
    step *= size;
    return own;
  });
}

/** Where the element with row-major number `index` lies in memory. */
function sourceIndex(index: number, shape: readonly number[], steps: readonly number[]): number {
  let at = 0;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    at += (index % shape[axis]) * steps[axis];
    index = Math.floor(index / shape[axis]);
  }
  return at;
}
