import { type Dims, onnxAxis, type Operation, valueName } from '../network.js';
import type { GraphBuilder, Ref } from '../../onnx/graph-builder.js';
import { constant, type Constant, type Handler, type NodeView } from '../node-view.js';

/**
 * TensorFlow `Sum|Mean|Prod(x, axes; keep_dims)`. ONNX `ReduceSum(x, axes; keepdims)`, `ReduceMean|ReduceProd(x; axes,
 * keepdims)`: up to opset 17 only ReduceSum takes its axes as an input.
 */
export const reduce: Handler = (node) => {
  const x = node.value(0);
  const rank = x.dims.length;
  const axes = [...new Set(node.numbers(1).map((axis) => node.axis(axis, rank)))];
  return x.kind === 'constant' ? reduceList(node, x, axes) : reduceActivation(node, x, axes);
};

function reduceList(node: NodeView, x: Constant, axes: readonly number[]): Constant {
  if (x.dims.length !== 1 || axes.length !== 1) throw node.unsupported('of constants that are not lists');
  const values = node.numbers(0);
  const total =
    node.op === 'Prod' ? values.reduce((product, v) => product * v, 1) : values.reduce((sum, v) => sum + v, 0);
  return constant(node.flag('keep_dims') ? [1] : [], [node.op === 'Mean' ? total / values.length : total]);
}

function reduceActivation(node: NodeView, x: Operation, axes: readonly number[]): Operation {
  const rank = x.dims.length;
  const keep = node.flag('keep_dims');
  if (axes.includes(0)) throw node.unsupported('over the batch');
  const channelsBehindPixels = rank === 4 && !axes.includes(3) && axes.length === 1;
  if (!keep && channelsBehindPixels) throw node.unsupported('over rows or columns alone');
  const dims = keep ? x.dims.map((dim, i) => (axes.includes(i) ? 1 : dim)) : x.dims.filter((_, i) => !axes.includes(i));
  const onnxAxes = axes.map((axis) => onnxAxis(rank, axis)).sort((a, b) => a - b);
  return {
    kind: 'plain',
    name: node.name,
    inputs: [x],
    dims: dims as unknown as Dims,
    emit: (builder, [input]) => emitReduce(builder, node, input, onnxAxes, keep),
  };
}

function emitReduce(
  builder: GraphBuilder,
  { name, op }: NodeView,
  x: Ref,
  axes: readonly number[],
  keep: boolean,
): Ref {
  const onnx = `Reduce${op}`;
  const keepdims = { int: keep ? 1 : 0 };
  if (op !== 'Sum') return builder.node(onnx, [x], { axes: { ints: axes }, keepdims }, valueName(name, onnx));
  const axesInput = builder.ints(valueName(name, 'Axes'), axes);
  return builder.node(onnx, [x, axesInput], { keepdims }, valueName(name, onnx));
}
