import { decodeWhole, type Message, type MessageType, messageTypes } from '../protobuf.js';

/**
 * The part of ONNX that this project reads and writes: float32 and int64 initializers; nodes with int, ints, float,
 * floats and string attributes; one opset. Field numbers: onnx/onnx.proto (IR version 8).
 */
const SCHEMA = `
syntax = "proto3";
message ModelProto { int64 ir_version = 1; string producer_name = 2; GraphProto graph = 7; repeated OperatorSetIdProto opset_import = 8; }
message ModelSignature { GraphSignature graph = 7; }
message GraphSignature { repeated InitializerName initializer = 5; repeated ValueInfoProto input = 11; repeated ValueInfoProto output = 12; }
message InitializerName { string name = 8; }
message OperatorSetIdProto { string domain = 1; int64 version = 2; }
message GraphProto { repeated NodeProto node = 1; string name = 2; repeated TensorProto initializer = 5; repeated ValueInfoProto input = 11; repeated ValueInfoProto output = 12; }
message NodeProto { repeated string input = 1; repeated string output = 2; string name = 3; string op_type = 4; repeated AttributeProto attribute = 5; string domain = 7; }
message AttributeProto { string name = 1; float f = 2; int64 i = 3; bytes s = 4; repeated float floats = 7; repeated int64 ints = 8; int32 type = 20; }
message TensorProto { repeated int64 dims = 1; int32 data_type = 2; string name = 8; bytes raw_data = 9; int32 data_location = 14; }
message ValueInfoProto { string name = 1; TypeProto type = 2; }
message TypeProto { TensorTypeProto tensor_type = 1; }
message TensorTypeProto { int32 elem_type = 1; TensorShapeProto shape = 2; }
message TensorShapeProto { repeated DimensionProto dim = 1; }
message DimensionProto { oneof value { int64 dim_value = 1; string dim_param = 2; } }
`;
const typeOf = messageTypes(SCHEMA);
export const modelProto = (): MessageType => typeOf('ModelProto');
/** The inputs and outputs of a model, without its weights. */
export const modelSignature = (): MessageType => typeOf('ModelSignature');

/**
 * A model as a message that keeps the fields which the schema does not name, so that writing it again loses nothing.
 * @throws Error when the bytes are no such message
 */
export function openMessage(bytes: Uint8Array): Message {
  return decodeWhole(modelProto(), bytes);
}

export const IR_VERSION = 8;
export const OPSET_VERSION = 17;
export const FLOAT = 1;
export const UINT8 = 2;
export const INT64 = 7;
export const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, floats: 6, ints: 7 } as const;

export type OnnxAttribute =
  | { readonly float: number }
  | { readonly int: number }
  | { readonly string: string }
  | { readonly floats: readonly number[] }
  | { readonly ints: readonly number[] };

export interface OnnxNode {
  readonly op: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

export interface OnnxInitializer {
  readonly name: string;
  readonly dims: readonly number[];
  /** Row-major. `BigInt64Array` becomes an int64 tensor. */
  readonly data: Float32Array | BigInt64Array;
}

/** A float32 graph input or output; a string names a dynamic dimension. */
export interface OnnxValue {
  readonly name: string;
  readonly dims: readonly (number | string)[];
}

export interface OnnxGraph {
  readonly name: string;
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxInitializer[];
}

function encodeAttribute(name: string, attribute: OnnxAttribute): object {
  if ('float' in attribute) return { name, f: attribute.float, type: ATTRIBUTE_TYPE.float };
  if ('int' in attribute) return { name, i: attribute.int, type: ATTRIBUTE_TYPE.int };
  if ('string' in attribute) return { name, s: Buffer.from(attribute.string), type: ATTRIBUTE_TYPE.string };
  if ('floats' in attribute) return { name, floats: attribute.floats, type: ATTRIBUTE_TYPE.floats };
  return { name, ints: attribute.ints, type: ATTRIBUTE_TYPE.ints };
}

function encodeValue({ name, dims }: OnnxValue): object {
  const dim = dims.map((size) => (typeof size === 'string' ? { dim_param: size } : { dim_value: size }));
  return { name, type: { tensor_type: { elem_type: FLOAT, shape: { dim } } } };
}

/** Serialises a graph as an ONNX model, opset 17, little-endian raw tensors. */
export function encodeOnnx(graph: OnnxGraph): Uint8Array {
  const message = {
    ir_version: IR_VERSION,
    producer_name: 'rostro',
    opset_import: [{ domain: '', version: OPSET_VERSION }],
    graph: {
      name: graph.name,
      node: graph.nodes.map((node) => ({
        name: node.name,
        op_type: node.op,
        input: node.inputs,
        output: node.outputs,
        attribute: Object.entries(node.attributes).map(([name, value]) => encodeAttribute(name, value)),
      })),
      initializer: graph.initializers.map(({ name, dims, data }) => ({
        name,
        dims,
        data_type: data instanceof Float32Array ? FLOAT : INT64,
        raw_data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
      })),
      input: graph.inputs.map(encodeValue),
      output: graph.outputs.map(encodeValue),
    },
  };
  return modelProto().encode(message).finish();
}
