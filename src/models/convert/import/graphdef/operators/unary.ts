import { valueName } from '../../../network.js';
import type { Handler } from '../node-view.js';
import { mapConstant } from './broadcast.js';

interface Unary {
  readonly fold: (x: number) => number;
  /** ONNX operators, one behind the other; each gets its input `arity` times. */
  readonly onnx: readonly { readonly op: string; readonly arity: 1 | 2 }[];
}

const SQRT = { op: 'Sqrt', arity: 1 } as const;
const OPERATORS = new Map<string, Unary>([
  ['Relu', { fold: (x) => Math.max(x, 0), onnx: [{ op: 'Relu', arity: 1 }] }],
  ['Sqrt', { fold: Math.sqrt, onnx: [SQRT] }],
  ['Rsqrt', { fold: (x) => 1 / Math.sqrt(x), onnx: [SQRT, { op: 'Reciprocal', arity: 1 }] }],
  ['Square', { fold: (x) => x * x, onnx: [{ op: 'Mul', arity: 2 }] }],
]);

/** TensorFlow `Relu|Sqrt|Rsqrt|Square(x)`. ONNX `Relu(x)`, `Sqrt(x)`, `Reciprocal(Sqrt(x))`, `Mul(x, x)`. */
export const unary: Handler = (node) => {
  const { fold, onnx } = OPERATORS.get(node.op)!;
  const x = node.value(0);
  if (x.kind === 'constant') return mapConstant(node, x, fold);
  return {
    kind: 'plain',
    name: node.name,
    inputs: [x],
    dims: x.dims,
    emit: (builder, [input]) =>
      onnx.reduce(
        (ref, { op, arity }) => builder.node(op, Array<string>(arity).fill(ref), {}, valueName(node.name, op)),
        input,
      ),
  };
};
