import protobuf from 'protobufjs';

/** What tests look at in an ONNX model. Field numbers: onnx/onnx.proto. */
const ModelProto = protobuf
  .parse(
    `syntax = "proto3";
     message ModelProto { GraphProto graph = 7; }
     message GraphProto { repeated NodeProto node = 1; repeated ValueInfoProto input = 11; repeated ValueInfoProto output = 12; }
     message NodeProto { string name = 3; string op_type = 4; }
     message ValueInfoProto { string name = 1; TypeProto type = 2; }
     message TypeProto { TensorType tensor_type = 1; }
     message TensorType { Shape shape = 2; }
     message Shape { repeated Dim dim = 1; }
     message Dim { oneof value { int64 size = 1; string param = 2; } }`,
    { keepCase: true },
  )
  .root.lookupType('ModelProto');

interface ValueInfo {
  readonly name: string;
  readonly type: { tensor_type: { shape: { dim: { value: 'size' | 'param'; size: unknown; param: string }[] } } };
}

interface Model {
  readonly graph: { node: { op_type: string }[]; input: ValueInfo[]; output: ValueInfo[] };
}

export interface OnnxSummary {
  /** How many nodes of each operator. */
  readonly operators: Readonly<Record<string, number>>;
  readonly inputs: Readonly<Record<string, readonly (string | number)[]>>;
  readonly outputs: Readonly<Record<string, readonly (string | number)[]>>;
}

export function summariseOnnx(bytes: Uint8Array): OnnxSummary {
  const { graph } = ModelProto.decode(bytes) as unknown as Model;
  const operators: Record<string, number> = {};
  for (const { op_type } of graph.node) operators[op_type] = (operators[op_type] ?? 0) + 1;
  const shapes = (values: ValueInfo[]): Record<string, (string | number)[]> =>
    Object.fromEntries(
      values.map(({ name, type }) => [
        name,
        type.tensor_type.shape.dim.map((dim) => (dim.value === 'param' ? dim.param : Number(dim.size))),
      ]),
    );
  return { operators, inputs: shapes(graph.input), outputs: shapes(graph.output) };
}
