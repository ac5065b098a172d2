/** A TensorProto as protobufjs decodes it; 64-bit integers are numbers or objects that turn into numbers. */
export interface TensorProto {
  readonly dtype: number;
  readonly tensor_shape: {
    readonly dim: readonly { readonly size: unknown }[];
    readonly unknown_rank: boolean;
  } | null;
  readonly tensor_content: Uint8Array;
  readonly float_val: readonly number[];
  readonly double_val: readonly number[];
  readonly int_val: readonly number[];
  readonly int64_val: readonly unknown[];
  readonly bool_val: readonly boolean[];
}

interface ElementType {
  readonly bytes: number;
  readonly listed: (proto: TensorProto) => readonly unknown[];
}

/** The element types that can be read, by DataType of tensorflow/core/framework/types.proto. */
const ELEMENT_TYPES = new Map<number, ElementType & { readonly name: string }>([
  [1, { name: 'float32', bytes: 4, listed: (proto) => proto.float_val }],
  [2, { name: 'float64', bytes: 8, listed: (proto) => proto.double_val }],
  [3, { name: 'int32', bytes: 4, listed: (proto) => proto.int_val }],
  [9, { name: 'int64', bytes: 8, listed: (proto) => proto.int64_val }],
  [10, { name: 'bool', bytes: 1, listed: (proto) => proto.bool_val }],
]);

/** Larger than any tensor a file under 2 GB could hold; keeps the products of hostile shapes exact. */
const ELEMENT_LIMIT = 2 ** 31;

/** A constant of the graph: row-major values in the file, decoded by `readTensor` only. */
export interface GraphDefTensor {
  /** `float32`, `float64`, `int32`, `int64` or `bool`; null for a type that cannot be read. */
  readonly type: string | null;
  readonly dims: readonly number[];
  /** All values, little-endian; empty where the file lists values one by one. */
  readonly content: Uint8Array;
  /** The first values; the last of them repeats until `dims` is full, zeros if there is none. */
  readonly listed: readonly number[];
  readonly repeatedValues: number;
}

/** @returns what is wrong with the tensor as the end of a sentence, where something is. */
export function toTensor(proto: TensorProto): GraphDefTensor | string {
  const dims = (proto.tensor_shape?.dim ?? []).map(({ size }) => Number(size));
  const count = dims.reduce((product, dim) => product * dim, 1);
  if (proto.tensor_shape?.unknown_rank || dims.some((dim) => dim < 0) || !(count <= ELEMENT_LIMIT)) {
    return 'has no usable shape';
  }
  const type = ELEMENT_TYPES.get(proto.dtype);
  if (type === undefined) return { type: null, dims, content: new Uint8Array(0), listed: [], repeatedValues: 0 };
  const content = proto.tensor_content;
  if (content.length > 0 && content.length !== count * type.bytes) {
    return `holds ${content.length} bytes where its shape [${dims.join(', ')}] needs ${count * type.bytes}`;
  }
  const listed = content.length > 0 ? [] : type.listed(proto).map(Number).slice(0, count);
  const repeatedValues = content.length > 0 ? 0 : count - listed.length;
  return { type: type.name, dims, content, listed, repeatedValues };
}

/**
 * The values of a constant, row-major: float32 as float32, every other type (booleans as 0 and 1) as float64. A fresh
 * array each time. Repeats the last listed value as Tensor::FromProto of tensorflow/core/framework/tensor.cc does.
 * Assumes a little-endian machine, as every one that ONNX Runtime is built for.
 * @throws Error when the type cannot be read; look at `type` first.
 */
export function readTensor(tensor: GraphDefTensor): Float32Array | Float64Array {
  const { type, dims, content, listed } = tensor;
  if (type === null) throw new Error('a tensor of this type cannot be read');
  if (content.length > 0) return readContent(type, content);
  const count = dims.reduce((product, dim) => product * dim, 1);
  const values = type === 'float32' ? new Float32Array(count) : new Float64Array(count);
  values.set(listed);
  return values.fill(listed.at(-1) ?? 0, listed.length);
}

function readContent(type: string, content: Uint8Array): Float32Array | Float64Array {
  const { buffer } = new Uint8Array(content);
  switch (type) {
    case 'float32':
      return new Float32Array(buffer);
    case 'float64':
      return new Float64Array(buffer);
    case 'int32':
      return Float64Array.from(new Int32Array(buffer));
    case 'int64':
      return Float64Array.from(new BigInt64Array(buffer), Number);
    default:
      return Float64Array.from(new Uint8Array(buffer));
  }
}
