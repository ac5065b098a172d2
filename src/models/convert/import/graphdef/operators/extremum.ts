import { channelWeight } from '../../../layout.js';
import { valueName, type Operation } from '../../../network.js';
import type { Handler, NodeView } from '../node-view.js';
import type { Constant } from '../value.js';
import { activationDims, foldConstants, perChannel } from './broadcast.js';

/** TensorFlow `Maximum|Minimum(x, y)`. ONNX `Max|Min(x, y)`. */
export const extremum: Handler = (node) => {
  const [onnx, fold] = node.op === 'Maximum' ? (['Max', Math.max] as const) : (['Min', Math.min] as const);
  const [x, y] = [node.value(0), node.value(1)];
  if (x.kind === 'constant' && y.kind === 'constant') return foldConstants(node, x, y, (a, b) => fold(a, b));
  if (x.kind === 'constant') return bounded(node, onnx, node.activation(1), x);
  if (y.kind === 'constant') return bounded(node, onnx, x, y);
  return {
    kind: 'plain',
    name: node.name,
    inputs: [x, y],
    dims: activationDims(node, x, y),
    emit: (builder, inputs) => builder.node(onnx, inputs, {}, valueName(node.name, onnx)),
  };
};

function bounded(node: NodeView, onnx: string, x: Operation, bound: Constant): Operation {
  const values = perChannel(node, bound, x);
  return {
    kind: 'plain',
    name: node.name,
    inputs: [x],
    dims: x.dims,
    emit(builder, [input]) {
      const weight = channelWeight(builder, valueName(node.name, 'Bound'), x.dims.length, values);
      return builder.node(onnx, [input, weight], {}, valueName(node.name, onnx));
    },
  };
}
