/** Writes pickles by hand, instruction by instruction, as Python 2 (protocol 2) and numpy 2 (protocol 4) write them. */

export const bytes = (...parts: (number | string | Uint8Array)[]): Buffer =>
  Buffer.concat(
    parts.map((part) => (typeof part === 'number' ? Buffer.of(part) : Buffer.from(part as string, 'latin1'))),
  );

const uint32 = (value: number): Buffer => {
  const out = Buffer.alloc(4);
  out.writeUInt32LE(value);
  return out;
};

/** GLOBAL */
export const globalName = (module: string, name: string): Buffer => bytes(`c${module}\n${name}\n`);
/** BINSTRING: a Python 2 str. */
export const byteString = (value: Uint8Array | string): Buffer => bytes('T', uint32(value.length), value);
/** BINUNICODE */
export const unicode = (value: string): Buffer => bytes('X', uint32(Buffer.byteLength(value)), Buffer.from(value));
/** BININT */
export const int = (value: number): Buffer => {
  const out = Buffer.alloc(4);
  out.writeInt32LE(value);
  return bytes('J', out);
};
export const tuple = (...items: Buffer[]): Buffer => bytes('(', ...items, 't');
export const dict = (...pairs: [Buffer, Buffer][]): Buffer => bytes('}(', ...pairs.flat(), 'u');
/** REDUCE: calls `callable` with `args`, a tuple. */
export const call = (callable: Buffer, args: Buffer): Buffer => bytes(callable, args, 'R');
/** BUILD */
export const build = (object: Buffer, state: Buffer): Buffer => bytes(object, state, 'b');
/** PROTO 2 … STOP */
export const pickle = (value: Buffer): Buffer => bytes(0x80, 2, value, '.');

export const dtype = (kind: string, byteOrder: string): Buffer =>
  build(
    call(globalName('numpy', 'dtype'), tuple(byteString(kind), int(0), int(1))),
    tuple(int(3), byteString(byteOrder), bytes('NNN'), int(-1), int(-1), int(0)),
  );

export interface ArrayState {
  readonly shape: readonly number[];
  readonly dtype?: Buffer;
  readonly fortranOrder?: boolean;
  /** The instruction that creates the data: bytes or a list. */
  readonly data: Buffer;
}

export function array({ shape, dtype: type = dtype('f4', '<'), fortranOrder = false, data }: ArrayState): Buffer {
  const args = tuple(globalName('numpy', 'ndarray'), tuple(int(0)), byteString('b'));
  const state = tuple(int(1), tuple(...shape.map(int)), type, bytes(fortranOrder ? 0x88 : 0x89), data);
  return build(call(globalName('numpy.core.multiarray', '_reconstruct'), args), state);
}

export function floatArray(shape: readonly number[], values: ArrayLike<number>): Buffer {
  return array({ shape, data: byteString(Buffer.from(Float32Array.from(values).buffer)) });
}

/** An npy file around one Python object, as `numpy.save` writes it. */
export function objectNpy(value: Buffer): Buffer {
  const list = bytes('](', value, 'e');
  const payload = pickle(array({ shape: [], dtype: dtype('O8', '|'), data: list }));
  const header = `{'descr': '|O', 'fortran_order': False, 'shape': (), }\n`;
  return bytes(0x93, 'NUMPY', 1, 0, header.length, 0, header, payload);
}
