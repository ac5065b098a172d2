import type { Dims } from '../../../network.js';
import type { Handler } from '../node-view.js';

/** TensorFlow `Squeeze(x; squeeze_dims)`, every dimension of size 1 when none is named. ONNX `Reshape`. */
export const squeeze: Handler = (node) => {
  const x = node.value(0);
  const sizes: readonly (number | null)[] = x.dims;
  const named = node.list('squeeze_dims').map((axis) => node.axis(axis, sizes.length));
  if (named.some((axis) => sizes[axis] !== 1)) throw node.malformed('drops a dimension that is not 1');
  const dims = sizes.filter((size, axis) => (named.length > 0 ? !named.includes(axis) : size !== 1));
  if (x.kind === 'constant') return { ...x, dims: dims as number[] };
  return { kind: 'reshape', name: node.name, inputs: [x], dims: dims as unknown as Dims };
};
