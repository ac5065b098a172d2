import { onnxAxis } from '../../../layout.js';
import { valueName, type Dims, type Operation } from '../../../network.js';
import type { Handler, NodeView } from '../node-view.js';
import { constant, sizeOf, type Constant } from '../value.js';

/** TensorFlow `ConcatV2(value…, axis)`. ONNX `Concat(value…; axis)`; lists of constants are joined at import. */
export const concat: Handler = (node) => {
  const [axis] = node.numbers(node.values.length - 1);
  const parts = node.values.slice(0, -1);
  if (parts.length === 0) throw node.malformed('joins nothing');
  const constants = parts.filter((part) => part.kind === 'constant');
  if (constants.length === parts.length) return joinLists(node, constants, axis);
  return joinActivations(
    node,
    parts.map((_, i) => node.activation(i)),
    axis,
  );
};

function joinLists(node: NodeView, parts: readonly Constant[], axis: number): Constant {
  if (parts.some(({ dims }) => dims.length !== 1)) throw node.unsupported('of constants that are not lists');
  node.axis(axis, 1);
  node.requireFoldable(parts.reduce((sum, part) => sum + sizeOf(part), 0));
  const values = parts.flatMap((part) => Array.from(part.read()));
  return constant([values.length], values);
}

function joinActivations(node: NodeView, parts: readonly Operation[], axis: number): Operation {
  const [{ dims }] = parts;
  const at = node.axis(axis, dims.length);
  if (at === 0) throw node.unsupported('along the batch');
  const fits = parts.every((part) => {
    return part.dims.length === dims.length && part.dims.every((dim, i) => i === at || dim === dims[i]);
  });
  if (!fits) throw node.malformed('has inputs of shapes that do not go together');
  const joined = parts.reduce((sum, part) => sum + part.dims[at]!, 0);
  return {
    kind: 'plain',
    name: node.name,
    inputs: parts,
    dims: dims.map((dim, i) => (i === at ? joined : dim)) as unknown as Dims,
    emit(builder, inputs) {
      const attributes = { axis: { int: onnxAxis(dims.length, at) } };
      return builder.node('Concat', inputs, attributes, valueName(node.name, 'Concat'));
    },
  };
}
