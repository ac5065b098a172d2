import { RostroError } from './errors.js';

/**
 * NumPy's `.npy` container, versions 1.0 to 3.0.
 * Source: NEP 1 and numpy/lib/format.py ("\x93NUMPY", version, header length, Python dict literal, payload).
 */
export interface NpyFile {
  /** The dtype as numpy writes it: `<f4`, `<f8`, `|O`. */
  readonly descr: string;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  /** The bytes after the header: raw values, or a pickle when `descr` is `|O`. */
  readonly payload: Uint8Array;
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const HEADER_ALIGNMENT_BYTES = 64;
/** NumPy's limit for the header of an untrusted file (numpy/lib/format.py, `_MAX_HEADER_SIZE`). */
const MAX_HEADER_BYTES = 10_000;

function bad(message: string): RostroError {
  return new RostroError('bad_model_file', `not a usable .npy file: ${message}`);
}

/**
 * @returns the header's fields and the bytes after it; the payload's length is not compared with the shape
 * @throws RostroError `bad_model_file` when the bytes are not an npy container.
 */
export function parseNpy(bytes: Uint8Array): NpyFile {
  const { header, payload } = splitHeader(bytes);
  const descr = /'descr':\s*('[^']*'|\[)/.exec(header)?.[1];
  const fortran = /'fortran_order':\s*(True|False)/.exec(header)?.[1];
  const shape = /'shape':\s*\(([^()]*)\)/.exec(header)?.[1];
  if (descr === undefined || fortran === undefined || shape === undefined) throw bad('its header is not readable');
  if (descr === '[') throw bad('its values are records, not numbers');
  return { descr: descr.slice(1, -1), fortranOrder: fortran === 'True', shape: parseShape(shape), payload };
}

function splitHeader(bytes: Uint8Array): { header: string; payload: Uint8Array } {
  if (bytes.length < 10 || MAGIC.some((byte, i) => bytes[i] !== byte)) throw bad('it does not start like one');
  const major = bytes[6];
  if (major < 1 || major > 3) throw bad(`version ${major} is unknown`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = major === 1 ? 10 : 12;
  if (bytes.length < start) throw bad('it ends inside its header');
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > MAX_HEADER_BYTES) throw bad(`its header of ${length} bytes is over the limit of ${MAX_HEADER_BYTES}`);
  if (bytes.length < start + length) throw bad('it ends inside its header');
  const header = Buffer.from(bytes.subarray(start, start + length)).toString(major === 3 ? 'utf8' : 'latin1');
  return { header, payload: bytes.subarray(start + length) };
}

/** The inside of a Python tuple: `3, 128`, `128,` or nothing. Python 2 wrote long integers as `128L`. */
function parseShape(text: string): number[] {
  const parts = text.trim() === '' ? [] : text.replace(/,\s*$/, '').split(',');
  const shape = parts.map((part) => (/^\s*\d+L?\s*$/.test(part) ? parseInt(part, 10) : NaN));
  const count = shape.reduce((product, size) => product * size, 1);
  if (!shape.every(Number.isSafeInteger) || !Number.isSafeInteger(count)) {
    throw bad(`its shape (${text.trim()}) is not a list of sizes`);
  }
  return shape;
}

/**
 * Reads a float matrix (`<f4` or `<f8`, C order, two dimensions).
 * @returns the values as float32 in row-major order, with their shape [rows, columns]
 * @throws RostroError `bad_model_file` when it is anything else, or when its length does not match its shape
 */
export function readFloatMatrix(bytes: Uint8Array): { data: Float32Array; rows: number; columns: number } {
  const { descr, fortranOrder, shape, payload } = parseNpy(bytes);
  if (descr !== '<f4' && descr !== '<f8') throw bad(`its values are ${descr}, not float32 or float64`);
  if (fortranOrder) throw bad('its values are stored column by column (Fortran order)');
  if (shape.length !== 2) throw bad(`its shape (${shape.join(', ')}) is not (examples, dimension)`);
  const [rows, columns] = shape;
  const itemBytes = descr === '<f4' ? 4 : 8;
  if (payload.length !== rows * columns * itemBytes) {
    throw bad(`it holds ${payload.length} bytes of values where its shape needs ${rows * columns * itemBytes}`);
  }
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const data = new Float32Array(rows * columns);
  for (let i = 0; i < data.length; i++) {
    data[i] = itemBytes === 4 ? view.getFloat32(i * 4, true) : view.getFloat64(i * 8, true);
  }
  return { data, rows, columns };
}

/**
 * Writes a float32 matrix as npy 1.0; `numpy.load` returns it with shape (rows, columns).
 * @param data row-major, length rows * columns
 */
export function writeFloatMatrix(data: Float32Array, rows: number, columns: number): Uint8Array {
  if (data.length !== rows * columns) throw new Error(`${data.length} values do not fill (${rows}, ${columns})`);
  const dict = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${columns}), }`;
  const unpadded = MAGIC.length + 4 + dict.length + 1;
  const padding = (HEADER_ALIGNMENT_BYTES - (unpadded % HEADER_ALIGNMENT_BYTES)) % HEADER_ALIGNMENT_BYTES;
  const header = `${dict}${' '.repeat(padding)}\n`;

  const out = Buffer.alloc(MAGIC.length + 4 + header.length + data.length * 4);
  out.set(MAGIC, 0);
  out[6] = 1;
  out[7] = 0;
  out.writeUInt16LE(header.length, 8);
  out.write(header, 10, 'latin1');
  const start = 10 + header.length;
  for (let i = 0; i < data.length; i++) out.writeFloatLE(data[i], start + i * 4);
  return out;
}
