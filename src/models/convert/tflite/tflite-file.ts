import { RostroError } from '../../../shared/errors.js';

/**
 * Reads a TensorFlow Lite file (`.tflite`): a FlatBuffer with the identifier TFL3. Field numbers are the positions of the
 * fields in tensorflow/compiler/mlir/lite/schema/schema.fbs (version 3). Every access is checked against the length of
 * the file by DataView; the `flatbuffers` package has no verifier for JavaScript and reads zeros beyond the end.
 */

/** Element types of tensors: `enum TensorType` of the schema. */
export const TENSOR_TYPE = { float32: 0, float16: 1, int32: 2 } as const;

export interface TfliteTensor {
  readonly name: string;
  /** As written, with the fixed batch of the file. */
  readonly dims: readonly number[];
  /** See `TENSOR_TYPE`. */
  readonly type: number;
  /** Row-major, little endian; null for a value that an operator computes. */
  readonly data: Uint8Array | null;
}

export interface TfliteOperator {
  /** Name in `enum BuiltinOperator`, for example `CONV_2D`; `operator 98` where it has no name here. */
  readonly op: string;
  /** Indexes of tensors; -1 for an optional input that is left out. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly options: TfliteOptions;
}

/** The fields of an operator's options by their position in the schema; 0 where the file leaves one out. */
export interface TfliteOptions {
  byte(field: number): number;
  int(field: number, absent?: number): number;
}

export interface TfliteModel {
  readonly tensors: readonly TfliteTensor[];
  /** In the order in which they run. */
  readonly operators: readonly TfliteOperator[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/** `enum BuiltinOperator` of the schema, as far as the converter knows them. */
const OPERATOR_NAMES: Readonly<Record<number, string>> = {
  0: 'ADD',
  1: 'AVERAGE_POOL_2D',
  2: 'CONCATENATION',
  3: 'CONV_2D',
  4: 'DEPTHWISE_CONV_2D',
  6: 'DEQUANTIZE',
  9: 'FULLY_CONNECTED',
  14: 'LOGISTIC',
  17: 'MAX_POOL_2D',
  18: 'MUL',
  19: 'RELU',
  21: 'RELU6',
  22: 'RESHAPE',
  25: 'SOFTMAX',
  41: 'SUB',
  54: 'PRELU',
  59: 'NEG',
  101: 'ABS',
};

/** No known tensor has more axes, and no operator of a face network more inputs. Bounds hostile files. */
const MAX_RANK = 8;
const MAX_OPERANDS = 64;
const MAX_SIZE = 2 ** 20;
const MAX_NAME_BYTES = 1024;

/** True for bytes that begin like a TensorFlow Lite file. */
export function isTflite(bytes: Uint8Array): boolean {
  return bytes.length >= 8 && Buffer.from(bytes.subarray(4, 8)).toString('latin1') === 'TFL3';
}

/** @throws RostroError `bad_model_file` when the bytes are no TensorFlow Lite file, or a damaged one */
export function parseTflite(bytes: Uint8Array): TfliteModel {
  if (!isTflite(bytes)) throw badTflite('it does not begin with the identifier TFL3');
  return insideFile(() =>
    readModel(new Table(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, true)),
  );
}

/**
 * Options of operators are read when they are needed: what reads them runs in here.
 * @throws RostroError `bad_model_file` when `read` leaves the file
 */
export function insideFile<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) throw badTflite('it points outside of itself');
    throw error;
  }
}

export function badTflite(reason: string): RostroError {
  return new RostroError('bad_model_file', `the file is not a usable TensorFlow Lite model: ${reason}`);
}

function readModel(root: Table): TfliteModel {
  const codes = root.tables(1).map(operatorName);
  const graphs = root.tables(2);
  if (graphs.length !== 1) throw badTflite(`it has ${graphs.length} graphs, not one`);
  const buffers = root.tables(4).map((buffer) => buffer.bytesOf(0));
  const [graph] = graphs;
  const tensors = graph.tables(0).map((tensor) => readTensor(tensor, buffers));
  const operators = graph.tables(3).map((operator) => readOperator(operator, codes));
  const model = { tensors, operators, inputs: graph.ints(1, MAX_OPERANDS), outputs: graph.ints(2, MAX_OPERANDS) };
  const named = [...model.inputs, ...model.outputs, ...operators.flatMap(({ outputs }) => outputs)];
  const operands = operators.flatMap(({ inputs }) => inputs);
  if ([...named, ...operands].some((index) => index < -1 || index >= tensors.length) || named.includes(-1))
    throw badTflite('it names a tensor that is not there');
  return model;
}

/** Until 2020 the code was a byte; the longer field that replaced it holds the same number in newer files. */
function operatorName(code: Table): string {
  const number = Math.max(code.byte(0), code.int(3));
  return OPERATOR_NAMES[number] ?? `operator ${number}`;
}

function readTensor(table: Table, buffers: readonly Uint8Array[]): TfliteTensor {
  const buffer = table.int(2);
  if (buffer < 0 || buffer >= buffers.length) throw badTflite('a tensor names a buffer that is not there');
  const dims = table.ints(0, MAX_RANK);
  if (dims.some((size) => size < 0 || size > MAX_SIZE)) throw badTflite('a tensor has an axis outside of 0 to 2^20');
  const data = buffers[buffer];
  return { name: table.text(3), dims, type: table.byte(1), data: data.length === 0 ? null : data };
}

function readOperator(table: Table, codes: readonly string[]): TfliteOperator {
  const op = codes.at(table.int(0));
  if (op === undefined) throw badTflite('an operator names a code that is not there');
  return { op, inputs: table.ints(1, MAX_OPERANDS), outputs: table.ints(2, MAX_OPERANDS), options: table.table(4) };
}

/** A FlatBuffers table: a signed offset back to its vtable, which holds the place of every field. */
class Table implements TfliteOptions {
  private readonly at: number;
  private readonly vtable: number;

  /** @param isOffset `at` holds the offset to the table instead of the table itself */
  constructor(
    private readonly bytes: Uint8Array,
    private readonly view: DataView,
    at: number,
    isOffset: boolean,
  ) {
    this.at = isOffset ? at + view.getUint32(at, true) : at;
    this.vtable = this.at - view.getInt32(this.at, true);
  }

  byte(field: number): number {
    const at = this.place(field);
    return at === null ? 0 : this.view.getInt8(at);
  }

  int(field: number, absent = 0): number {
    const at = this.place(field);
    return at === null ? absent : this.view.getInt32(at, true);
  }

  ints(field: number, most: number): number[] {
    const { start, length } = this.vector(field, 4);
    if (length > most) throw badTflite(`it has a list of ${length} numbers where ${most} are the most`);
    return Array.from({ length }, (_, i) => this.view.getInt32(start + 4 * i, true));
  }

  text(field: number): string {
    const { start, length } = this.vector(field, 1);
    return Buffer.from(this.bytes.subarray(start, start + Math.min(length, MAX_NAME_BYTES))).toString('utf8');
  }

  bytesOf(field: number): Uint8Array {
    const { start, length } = this.vector(field, 1);
    return this.bytes.subarray(start, start + length);
  }

  /** An empty table where the field is left out. */
  table(field: number): TfliteOptions {
    const at = this.place(field);
    return at === null ? ABSENT : new Table(this.bytes, this.view, at, true);
  }

  tables(field: number): Table[] {
    const { start, length } = this.vector(field, 4);
    return Array.from({ length }, (_, i) => new Table(this.bytes, this.view, start + 4 * i, true));
  }

  private vector(field: number, elementBytes: number): { start: number; length: number } {
    const at = this.place(field);
    if (at === null) return { start: 0, length: 0 };
    const vector = at + this.view.getUint32(at, true);
    const length = this.view.getUint32(vector, true);
    if (vector + 4 + length * elementBytes > this.view.byteLength) throw new RangeError('a list ends outside');
    return { start: vector + 4, length };
  }

  private place(field: number): number | null {
    const entry = 4 + 2 * field;
    if (entry >= this.view.getUint16(this.vtable, true)) return null;
    const offset = this.view.getUint16(this.vtable + entry, true);
    return offset === 0 ? null : this.at + offset;
  }
}

const ABSENT: TfliteOptions = { byte: () => 0, int: (_field, absent = 0) => absent };

/**
 * The values of a constant tensor as float32.
 * @throws RostroError `bad_model_file` when it is no constant of float32 or float16, or its bytes do not fill its shape
 */
export function floatsOf({ name, dims, type, data }: TfliteTensor): Float32Array {
  if (data === null) throw badTflite(`"${name}" is not a constant`);
  const count = dims.reduce((product, size) => product * size, 1);
  if (type === TENSOR_TYPE.float32 && data.length === 4 * count) return new Float32Array(new Uint8Array(data).buffer);
  if (type === TENSOR_TYPE.float16 && data.length === 2 * count) {
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    return Float32Array.from({ length: count }, (_, i) => float16(view.getUint16(2 * i, true)));
  }
  throw badTflite(`"${name}" holds ${data.length} bytes of type ${type} for the shape [${dims.join(', ')}]`);
}

/** IEEE 754 binary16: sign, 5 bits of exponent, 10 bits of fraction. */
function float16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
