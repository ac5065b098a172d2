import { decodeOnnx } from '../../src/models/convert/onnx/onnx-reader.js';
import type { OnnxValue } from '../../src/models/convert/onnx/onnx.js';

export interface OnnxSummary {
  /** How many nodes of each operator. */
  readonly operators: Readonly<Record<string, number>>;
  readonly inputs: Readonly<Record<string, readonly (string | number)[]>>;
  readonly outputs: Readonly<Record<string, readonly (string | number)[]>>;
}

export function summariseOnnx(bytes: Uint8Array): OnnxSummary {
  const { nodes, inputs, outputs } = decodeOnnx(bytes);
  const operators: Record<string, number> = {};
  for (const { op } of nodes) operators[op] = (operators[op] ?? 0) + 1;
  const shapes = (values: readonly OnnxValue[]) => Object.fromEntries(values.map(({ name, dims }) => [name, dims]));
  return { operators, inputs: shapes(inputs), outputs: shapes(outputs) };
}
