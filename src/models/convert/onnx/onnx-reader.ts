import { RostroError } from '../../../shared/errors.js';
import type { MessageType } from '../protobuf.js';
import {
  ATTRIBUTE_TYPE,
  FLOAT,
  INT64,
  modelProto,
  modelSignature,
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxInitializer,
  type OnnxNode,
  type OnnxValue,
  OPSET_VERSION,
} from './onnx.js';

interface AttributeProto {
  readonly name: string;
  readonly f: number;
  readonly i: number;
  readonly s: Uint8Array;
  readonly floats: readonly number[];
  readonly ints: readonly number[];
  readonly type: number;
}

interface NodeProto {
  readonly name: string;
  readonly op_type: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attribute: readonly AttributeProto[];
}

interface TensorProto {
  readonly name: string;
  readonly dims: readonly number[];
  readonly data_type: number;
  readonly raw_data: Uint8Array;
}

interface ValueInfoProto {
  readonly name: string;
  readonly type: null | {
    readonly tensor_type: null | {
      readonly elem_type: number;
      readonly shape: null | { readonly dim: readonly { readonly dim_value?: number; readonly dim_param?: string }[] };
    };
  };
}

interface ModelMessage {
  readonly opset_import: readonly { readonly domain: string; readonly version: number }[];
  readonly graph: null | {
    readonly name: string;
    readonly node: readonly NodeProto[];
    readonly initializer: readonly TensorProto[];
    readonly input: readonly ValueInfoProto[];
    readonly output: readonly ValueInfoProto[];
  };
}

interface SignatureMessage {
  readonly graph: null | {
    readonly initializer: readonly { readonly name: string }[];
    readonly input: readonly ValueInfoProto[];
    readonly output: readonly ValueInfoProto[];
  };
}

function badOnnx(reason: string, cause?: unknown): RostroError {
  return new RostroError('bad_model_file', `not a usable ONNX model: ${reason}`, { cause });
}

/** The opset since which an operator means what it means in opset 17, where that is later than 9. */
const UNCHANGED_SINCE: Readonly<Record<string, number>> = {
  Slice: 10,
  Clip: 11,
  Pad: 11,
  Resize: 11,
  Softmax: 13,
  ReduceSum: 13,
  Split: 13,
};

/**
 * Reads models written by `encodeOnnx`: opset 17, float32 inputs and outputs, little-endian raw tensors. Initializers
 * are copies of their bytes.
 * @param oldestOpset down to 9, for models of other programs; an operator that has changed since is refused
 * @returns nodes in topological order
 * @throws RostroError `bad_model_file` when the bytes are not such an ONNX model, or are inconsistent
 */
export function decodeOnnx(bytes: Uint8Array, oldestOpset = OPSET_VERSION): OnnxGraph {
  const { graph, opset_import } = decode(modelProto(), bytes) as ModelMessage;
  if (graph === null) throw badOnnx('it has no graph');
  const version = opset_import.find(({ domain }) => domain === '')?.version;
  if (version === undefined || version < oldestOpset || version > OPSET_VERSION) {
    const supported = oldestOpset === OPSET_VERSION ? `${OPSET_VERSION} is` : `${oldestOpset} to ${OPSET_VERSION} are`;
    throw badOnnx(`its opset is ${version ?? 'not stated'}, and ${supported} supported`);
  }
  const changed = graph.node.find(({ op_type }) => version < (UNCHANGED_SINCE[op_type] ?? 0));
  if (changed) throw badOnnx(`the operator ${changed.op_type} of opset ${version} is not supported`);
  const weights = new Set(graph.initializer.map(({ name }) => name));
  const isFed = ({ name }: { readonly name: string }) => oldestOpset === OPSET_VERSION || !weights.has(name);
  const decoded = {
    name: graph.name,
    // Old exporters list the weights among the inputs as well.
    inputs: graph.input.filter(isFed).map(decodeValue),
    outputs: graph.output.map(decodeValue),
    nodes: graph.node.map(decodeNode),
    initializers: graph.initializer.map(decodeInitializer),
  };
  checkNames(decoded);
  return decoded;
}

/**
 * Reads the shape of one output and skips the rest of the model.
 * @throws RostroError `bad_model_file` when the bytes are not an ONNX model, or it has no such output
 */
export function outputDims(bytes: Uint8Array, name: string): OnnxValue['dims'] {
  const { graph } = decode(modelSignature(), bytes) as SignatureMessage;
  const output = graph?.output.find((value) => value.name === name);
  if (!output) throw badOnnx(`it has no output "${name}"`);
  return decodeValue(output).dims;
}

/**
 * The shape of a model's only input as the model states it. Old exporters list the weights among the inputs as well.
 * @throws RostroError `bad_model_file` when the bytes are not an ONNX model, or the model has several inputs
 */
export function inputDims(bytes: Uint8Array): OnnxValue['dims'] {
  const { graph } = decode(modelSignature(), bytes) as SignatureMessage;
  const weights = new Set(graph?.initializer.map(({ name }) => name));
  const inputs = graph?.input.filter(({ name }) => !weights.has(name)) ?? [];
  if (inputs.length !== 1) throw badOnnx(`it has ${inputs.length} inputs, not one`);
  return decodeValue(inputs[0]).dims;
}

function decode(type: MessageType, bytes: Uint8Array): object {
  if (bytes.length === 0) throw badOnnx('it is empty');
  try {
    return type.toObject(type.decode(bytes), { longs: Number, defaults: true, arrays: true });
  } catch (cause) {
    throw badOnnx('it is truncated or has another format', cause);
  }
}

function decodeNode({ name, op_type, input, output, attribute }: NodeProto): OnnxNode {
  if (op_type === '') throw badOnnx(`the node "${name}" has no operator`);
  const attributes = attribute.map((each) => [each.name, decodeAttribute(name, each)] as const);
  return { op: op_type, name, inputs: input, outputs: output, attributes: Object.fromEntries(attributes) };
}

function decodeAttribute(node: string, { name, f, i, s, floats, ints, type }: AttributeProto): OnnxAttribute {
  switch (type) {
    case ATTRIBUTE_TYPE.float:
      return { float: f };
    case ATTRIBUTE_TYPE.int:
      return { int: i };
    case ATTRIBUTE_TYPE.string:
      return { string: Buffer.from(s).toString('utf8') };
    case ATTRIBUTE_TYPE.floats:
      return { floats };
    case ATTRIBUTE_TYPE.ints:
      return { ints };
    default:
      throw badOnnx(`the attribute "${name}" of the node "${node}" is of type ${type}, which is not supported`);
  }
}

function decodeInitializer({ name, dims, data_type, raw_data }: TensorProto): OnnxInitializer {
  if (data_type !== FLOAT && data_type !== INT64) {
    throw badOnnx(
      `the tensor "${name}" is of type ${data_type}; ${FLOAT} (float32) and ${INT64} (int64) are supported`,
    );
  }
  const TypedArray = data_type === FLOAT ? Float32Array : BigInt64Array;
  const values = dims.reduce((product, dim) => product * dim, 1);
  if (dims.some((dim) => !Number.isSafeInteger(dim) || dim < 0)) {
    throw badOnnx(`the tensor "${name}" has the shape [${dims.join(', ')}]`);
  }
  if (raw_data.length !== values * TypedArray.BYTES_PER_ELEMENT) {
    throw badOnnx(`the tensor "${name}" has ${raw_data.length} bytes, which do not fill [${dims.join(', ')}]`);
  }
  return { name, dims, data: new TypedArray(new Uint8Array(raw_data).buffer) };
}

function decodeValue({ name, type }: ValueInfoProto): OnnxValue {
  const tensor = type?.tensor_type;
  if (tensor?.elem_type !== FLOAT || tensor.shape === null) {
    throw badOnnx(`the input or output "${name}" is not a float32 tensor with a shape`);
  }
  return { name, dims: tensor.shape.dim.map(({ dim_value, dim_param }) => dim_value ?? dim_param ?? '') };
}

function checkNames({ inputs, outputs, nodes, initializers }: OnnxGraph): void {
  const known = new Set<string>();
  const add = (name: string) => {
    if (known.has(name)) throw badOnnx(`two values are called "${name}"`);
    known.add(name);
  };
  for (const { name } of [...inputs, ...initializers]) add(name);
  for (const node of nodes) {
    const unknown = node.inputs.find((name) => name !== '' && !known.has(name));
    if (unknown !== undefined)
      throw badOnnx(`the node "${node.name}" reads "${unknown}", which is not defined before it`);
    for (const name of node.outputs) if (name !== '') add(name);
  }
  const missing = outputs.find(({ name }) => !known.has(name));
  if (missing) throw badOnnx(`no node has the output "${missing.name}"`);
}
