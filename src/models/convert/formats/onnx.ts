import { ATTRIBUTE_TYPE, FLOAT, INT64, IR_VERSION, ModelProto, OPSET_VERSION } from './onnx-schema.js';

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

/** A float32 graph input or output; a string dimension is free and carries that name. */
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
  return ModelProto.encode(message).finish();
}
