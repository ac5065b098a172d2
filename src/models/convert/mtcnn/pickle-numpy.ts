import { RostroError } from '../../../shared/errors.js';

/**
 * The supported values of a pickle. Python 2 strings and bytes become bytes, lists and tuples become arrays,
 * dictionaries become maps (keys, text or bytes, as latin1 text), so no key can reach a prototype.
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

/** @param message completes "not a usable pickle: …" */
export function badPickle(message: string): RostroError {
  return new RostroError('bad_model_file', `not a usable pickle: ${message}`);
}

/** numpy's own limit, `NPY_MAXDIMS`. */
const MAX_DIMENSIONS = 64;

/** A numpy dtype in a pickle: for example `f4`, and its byte order. */
export class PickledDtype {
  byteOrder = '|';
  constructor(readonly kind: string) {}

  /** In the notation of npy headers: `<f4`, `|O8`. */
  get descr(): string {
    return this.byteOrder + this.kind;
  }
}

/** A numpy array in a pickle. */
export class PickledArray {
  dtype = new PickledDtype('');
  shape: readonly number[] = [];
  /** Whether the first index varies fastest in `data` (column-major order). */
  fortranOrder = false;
  /** The raw bytes; a list of values for the dtype object. */
  data: Uint8Array | PickleValue[] = [];
}

/**
 * A Python global that a pickle refers to. Only the three below are supported; none of them runs code from the file.
 */
export class PickledGlobal {
  constructor(
    readonly name: string,
    readonly call: ((args: readonly PickleValue[]) => PickleValue) | null,
  ) {}
}

const NDARRAY = new PickledGlobal('numpy.ndarray', null);
const RECONSTRUCT = new PickledGlobal('numpy.core.multiarray._reconstruct', ([type]) => {
  if (type !== NDARRAY) throw badPickle('it reconstructs something that is not a numpy array');
  return new PickledArray();
});
const DTYPE = new PickledGlobal('numpy.dtype', ([kind]) => new PickledDtype(text(kind)));

const GLOBALS = new Map<string, PickledGlobal>([
  ['numpy.core.multiarray _reconstruct', RECONSTRUCT],
  ['numpy._core.multiarray _reconstruct', RECONSTRUCT],
  ['numpy ndarray', NDARRAY],
  ['numpy dtype', DTYPE],
]);

/** @throws RostroError `bad_model_file`, naming a global that is not in the table */
export function findGlobal(module: string, name: string): PickledGlobal {
  const found = GLOBALS.get(`${module} ${name}`);
  if (found) return found;
  const asked = `${module}.${name}`.slice(0, 80).replace(/[^\w.]/g, '?');
  throw badPickle(`it refers to ${asked}, which is not allowed`);
}

/** Calls a global. */
export function callGlobal(target: PickleValue, args: readonly PickleValue[]): PickleValue {
  if (!(target instanceof PickledGlobal) || !target.call) throw badPickle('it calls something that cannot be called');
  return target.call(args);
}

/** `__setstate__`: sets the state of a new dtype or array. */
export function applyState(target: PickleValue, state: readonly PickleValue[]): void {
  if (target instanceof PickledDtype) target.byteOrder = text(state[1]);
  else if (target instanceof PickledArray) fillArray(target, state);
  else throw badPickle('it fills something that is neither an array nor a dtype');
}

/** State of an ndarray: (version, shape, dtype, is Fortran, data); numpy `methods.c`, array_setstate. */
function fillArray(array: PickledArray, [, shape, dtype, fortranOrder, data]: readonly PickleValue[]): void {
  if (!Array.isArray(shape) || shape.length > MAX_DIMENSIONS || !shape.every(isSize)) {
    throw badPickle('the shape of an array is not a tuple of sizes');
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

/** A printable name of at most 16 characters; others are rejected. */
function text(value: PickleValue | undefined): string {
  const name = value instanceof Uint8Array ? Buffer.from(value.subarray(0, 17)).toString('latin1') : value;
  if (typeof name !== 'string' || !/^[\x21-\x7e]{1,16}$/.test(name)) throw badPickle('the name of a type is not text');
  return name;
}

/**
 * The values of a float32 array in row-major (C) order.
 * @throws RostroError `bad_model_file` when the values are not float32, or their number does not match the shape
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

/** The strides of column-major order. */
function fortranSteps(shape: readonly number[]): number[] {
  let step = 1;
  return shape.map((size) => {
    const own = step;
    step *= size;
    return own;
  });
}

/** The index in memory of the element with the row-major number `index`. */
function sourceIndex(index: number, shape: readonly number[], steps: readonly number[]): number {
  let at = 0;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    at += (index % shape[axis]) * steps[axis];
    index = Math.floor(index / shape[axis]);
  }
  return at;
}
