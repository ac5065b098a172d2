import type { Dims } from '../../../network.js';
import type { Handler } from '../node-view.js';

/** TensorFlow `ExpandDims(x, axis)`: a dimension of size 1 in front of `axis`. ONNX `Reshape`. */
export const expandDims: Handler = (node) => {
  const x = node.value(0);
  const sizes: readonly (number | null)[] = x.dims;
  const axis = node.axis(node.numbers(1)[0], sizes.length + 1);
  const dims = [...sizes.slice(0, axis), 1, ...sizes.slice(axis)];
  if (x.kind === 'constant') return { ...x, dims: dims as number[] };
  if (axis === 0) throw node.unsupported('in front of the batch');
  return { kind: 'reshape', name: node.name, inputs: [x], dims: dims as unknown as Dims };
};
