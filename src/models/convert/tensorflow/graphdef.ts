import { RostroError } from '../../../shared/errors.js';
import { messageTypes } from '../protobuf.js';

/**
 * The part of TensorFlow's GraphDef that a frozen inference graph needs; other fields are skipped. Field numbers:
 * tensorflow/core/framework/{graph,node_def,attr_value,tensor,tensor_shape}.proto. The attribute map is read as
 * repeated entries, its wire format.
 */
const SCHEMA = `
syntax = "proto3";
message GraphDef { repeated NodeDef node = 1; }
message NodeDef { string name = 1; string op = 2; repeated string input = 3; repeated AttrEntry attr = 5; }
message AttrEntry { string key = 1; AttrValue value = 2; }
message AttrValue { oneof value { ListValue list = 1; bytes s = 2; int64 i = 3; float f = 4; bool b = 5; TensorProto tensor = 8; } }
message ListValue { repeated int64 i = 3; }
message TensorProto {
  int32 dtype = 1; TensorShapeProto tensor_shape = 2; bytes tensor_content = 4; repeated float float_val = 5;
  repeated double double_val = 6; repeated int32 int_val = 7; repeated int64 int64_val = 10; repeated bool bool_val = 11;
}
message TensorShapeProto { repeated Dim dim = 2; bool unknown_rank = 3; }
message Dim { int64 size = 1; }
`;
const typeOf = messageTypes(SCHEMA);

/** One output of a node: TensorFlow writes `name` for port 0 and `name:1` for port 1. */
export interface GraphDefRef {
  readonly node: string;
  readonly port: number;
}

export type GraphDefAttribute = string | number | boolean | readonly number[] | GraphDefTensor;

export interface GraphDefNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly GraphDefRef[];
  /** Control dependencies: nodes that run before this one without passing it a value (`^name` in the file). */
  readonly controls: readonly string[];
  /** Strings, numbers, booleans, integer lists and tensors; other kinds of attributes are skipped. */
  readonly attributes: ReadonlyMap<string, GraphDefAttribute>;
}

interface AttrValue {
  readonly value?: 'list' | 's' | 'i' | 'f' | 'b' | 'tensor';
  readonly list: { readonly i: readonly unknown[] };
  readonly s: Uint8Array;
  readonly i: unknown;
  readonly f: number;
  readonly b: boolean;
  readonly tensor: TensorProto;
}

interface NodeDef {
  readonly name: string;
  readonly op: string;
  readonly input: readonly string[];
  readonly attr: readonly { readonly key: string; readonly value: AttrValue | null }[];
}

/**
 * Maximum number of values in a file that are stored as "repeat the last one": the published graphs repeat a few
 * thousand; a malicious file could request any amount of memory in a few bytes.
 */
const REPEATED_VALUES_LIMIT = 2 ** 24;

/** @param reason completes "not a usable TensorFlow graph: …" */
export function badGraph(reason: string, cause?: unknown): RostroError {
  return new RostroError('bad_model_file', `not a usable TensorFlow graph: ${reason}`, { cause });
}

/**
 * Reads a frozen TensorFlow graph. Weights stay views into `bytes` until `readTensor` is called.
 * @returns the nodes in the order of the file; names are unique
 * @throws RostroError `bad_model_file` when the bytes are not a GraphDef, or an inconsistent one
 */
export function parseGraphDef(bytes: Uint8Array): GraphDefNode[] {
  if (bytes.length === 0) throw badGraph('the file is empty');
  const { node: nodes } = decode(bytes);
  if (nodes.length === 0) throw badGraph('it has no nodes');
  const names = new Set<string>();
  let repeatedValues = 0;
  return nodes.map((node) => {
    if (node.name === '' || node.op === '') throw badGraph('a node has no name or no operator');
    if (names.has(node.name)) throw badGraph(`two nodes are called "${node.name}"`);
    names.add(node.name);
    const parsed = parseNode(node);
    for (const value of parsed.attributes.values()) {
      if (typeof value === 'object' && 'repeatedValues' in value) repeatedValues += value.repeatedValues;
    }
    if (repeatedValues > REPEATED_VALUES_LIMIT) throw badGraph('its constants need more memory than any known graph');
    return parsed;
  });
}

function decode(bytes: Uint8Array): { node: readonly NodeDef[] } {
  try {
    return typeOf('GraphDef').decode(bytes) as unknown as { node: readonly NodeDef[] };
  } catch (cause) {
    throw badGraph('it is truncated or has another format', cause);
  }
}

function parseNode(node: NodeDef): GraphDefNode {
  const attributes = new Map<string, GraphDefAttribute>();
  for (const { key, value } of node.attr) {
    const parsed = value === null ? undefined : parseAttribute(node.name, value);
    if (parsed !== undefined) attributes.set(key, parsed);
  }
  return {
    name: node.name,
    op: node.op,
    inputs: node.input.filter((input) => !input.startsWith('^')).map(parseRef),
    controls: node.input.filter((input) => input.startsWith('^')).map((input) => input.slice(1)),
    attributes,
  };
}

function parseRef(text: string): GraphDefRef {
  const numbered = /^(.*):(\d{1,9})$/s.exec(text);
  return numbered === null ? { node: text, port: 0 } : { node: numbered[1], port: Number(numbered[2]) };
}

function parseAttribute(node: string, value: AttrValue): GraphDefAttribute | undefined {
  switch (value.value) {
    case 's':
      return Buffer.from(value.s).toString('utf8');
    case 'i':
      return Number(value.i);
    case 'f':
      return value.f;
    case 'b':
      return value.b;
    case 'list':
      return value.list.i.map(Number);
    case 'tensor': {
      const tensor = toTensor(value.tensor);
      if (typeof tensor === 'string') throw badGraph(`the tensor in node "${node}" ${tensor}`);
      return tensor;
    }
    case undefined:
      return undefined;
  }
}

/** A TensorProto as decoded by protobufjs; 64-bit integers are numbers or objects that convert to numbers. */
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

/** The supported element types, by DataType of tensorflow/core/framework/types.proto. */
const ELEMENT_TYPES = new Map<number, ElementType & { readonly name: string }>([
  [1, { name: 'float32', bytes: 4, listed: (proto) => proto.float_val }],
  [2, { name: 'float64', bytes: 8, listed: (proto) => proto.double_val }],
  [3, { name: 'int32', bytes: 4, listed: (proto) => proto.int_val }],
  [9, { name: 'int64', bytes: 8, listed: (proto) => proto.int64_val }],
  [10, { name: 'bool', bytes: 1, listed: (proto) => proto.bool_val }],
]);

/** More values than a file under 2 GB can hold; keeps the products of malicious shapes exact. */
const ELEMENT_LIMIT = 2 ** 31;

/** A constant of the graph: row-major values, decoded only by `readTensor`. */
export interface GraphDefTensor {
  /** `float32`, `float64`, `int32`, `int64` or `bool`; null for an unsupported type. */
  readonly type: string | null;
  readonly dims: readonly number[];
  /** All values, little-endian; empty when the file lists values individually. */
  readonly content: Uint8Array;
  /** The first values; the last of them repeats until `dims` is filled; zeros when there is none. */
  readonly listed: readonly number[];
  readonly repeatedValues: number;
}

/** @returns the tensor, or the error as the end of a sentence */
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
 * The values of a constant, row-major: float32 as float32, other types (booleans as 0 and 1) as float64. Returns a new
 * array on each call. Repeats the last listed value, as Tensor::FromProto in tensorflow/core/framework/tensor.cc does.
 * Assumes a little-endian machine, as all platforms of ONNX Runtime are.
 * @throws Error when the type is not supported; check `type` first
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
