import protobuf from 'protobufjs';
import { RostroError } from '../../../shared/errors.js';
import { toTensor, type GraphDefTensor, type TensorProto } from './graphdef-tensor.js';

/**
 * The part of TensorFlow's GraphDef that a frozen inference graph needs; everything else in the file is skipped.
 * Field numbers: tensorflow/core/framework/{graph,node_def,attr_value,tensor,tensor_shape}.proto. The attribute map is
 * read as the repeated entries that it is on the wire.
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
const GraphDef = protobuf.parse(SCHEMA, { keepCase: true }).root.lookupType('GraphDef');

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
  /** Nodes that run before this one without giving it a value (`^name` in the file). */
  readonly controls: readonly string[];
  /** Strings, numbers, flags, lists of integers and tensors; other kinds of attribute are left out. */
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
 * How many values all tensors of a file may leave to "repeat the last one": the published graphs repeat a few
 * thousand, a hostile file could ask for any amount of memory in a few bytes.
 */
const REPEATED_VALUES_LIMIT = 2 ** 24;

/** The one way to say that a graph file is of no use; `reason` completes the sentence. */
export function badGraph(reason: string, cause?: unknown): RostroError {
  return new RostroError('bad_model_file', `not a usable TensorFlow graph: ${reason}`, { cause });
}

/**
 * Reads a frozen TensorFlow graph. Weights stay views into `bytes` until `readTensor` is called.
 * @returns the nodes in the order of the file, each name once
 * @throws RostroError `bad_model_file` when the bytes are not a GraphDef, or one that contradicts itself.
 */
export function parseGraphDef(bytes: Uint8Array): GraphDefNode[] {
  if (bytes.length === 0) throw badGraph('the file is empty');
  const { node: nodes } = decode(bytes);
  if (nodes.length === 0) throw badGraph('it holds no nodes');
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
    if (repeatedValues > REPEATED_VALUES_LIMIT)
      throw badGraph('its constants ask for more memory than any known graph');
    return parsed;
  });
}

function decode(bytes: Uint8Array): { node: readonly NodeDef[] } {
  try {
    return GraphDef.decode(bytes) as unknown as { node: readonly NodeDef[] };
  } catch (cause) {
    throw badGraph('it is cut short, or it is another kind of file', cause);
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
