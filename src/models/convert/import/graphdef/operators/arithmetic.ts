import { IDENTITY, valueName, type Affine, type Operation } from '../../../network.js';
import type { Handler, NodeView } from '../node-view.js';
import type { Constant } from '../value.js';
import { activationDims, foldConstants, perChannel } from './broadcast.js';

interface Arithmetic {
  readonly onnx: string;
  readonly fold: (x: number, y: number) => number;
  /** What `x op c` does to x. */
  readonly constantRight: (c: Float64Array) => Affine;
  /** What `c op x` does to x; null where it is no scale and shift. */
  readonly constantLeft: ((c: Float64Array) => Affine) | null;
}

const shiftBy = (c: Float64Array): Affine => ({ ...IDENTITY, shift: c });
const scaleBy = (c: Float64Array): Affine => ({ ...IDENTITY, scale: c });

const ADD: Arithmetic = { onnx: 'Add', fold: (x, y) => x + y, constantRight: shiftBy, constantLeft: shiftBy };
const OPERATORS = new Map<string, Arithmetic>([
  ['Add', ADD],
  ['AddV2', ADD],
  [
    'Sub',
    {
      onnx: 'Sub',
      fold: (x, y) => x - y,
      constantRight: (c) => shiftBy(c.map((value) => -value)),
      constantLeft: (c) => ({ scale: c.map(() => -1), shift: c }),
    },
  ],
  ['Mul', { onnx: 'Mul', fold: (x, y) => x * y, constantRight: scaleBy, constantLeft: scaleBy }],
  [
    'RealDiv',
    {
      onnx: 'Div',
      fold: (x, y) => x / y,
      constantRight: (c) => scaleBy(c.map((value) => 1 / value)),
      constantLeft: null,
    },
  ],
]);

/**
 * TensorFlow `Add|AddV2|Sub|Mul|RealDiv(x, y)`. ONNX `Add|Sub|Mul|Div(x, y)`, or a scale and shift of x where the other
 * is one value or one value a channel: an unfused batch normalisation comes apart into these.
 */
export const arithmetic: Handler = (node) => {
  const operator = OPERATORS.get(node.op)!;
  const [x, y] = [node.value(0), node.value(1)];
  if (x.kind === 'constant' && y.kind === 'constant') return foldConstants(node, x, y, operator.fold);
  if (x.kind === 'constant') {
    if (operator.constantLeft === null) throw node.unsupported('of a constant by an activation');
    return scaleShift(node, node.activation(1), x, operator.constantLeft);
  }
  if (y.kind === 'constant') return scaleShift(node, x, y, operator.constantRight);
  return {
    kind: 'plain',
    name: node.name,
    inputs: [x, y],
    dims: activationDims(node, x, y),
    emit: (builder, inputs) => builder.node(operator.onnx, inputs, {}, valueName(node.name, operator.onnx)),
  };
};

/** The scale and shift of an activation by a constant. */
export function scaleShift(
  node: NodeView,
  x: Operation,
  value: Constant,
  affineOf: (c: Float64Array) => Affine,
): Operation {
  return {
    kind: 'scale-shift',
    name: node.name,
    inputs: [x],
    dims: x.dims,
    affine: affineOf(perChannel(node, value, x)),
  };
}
