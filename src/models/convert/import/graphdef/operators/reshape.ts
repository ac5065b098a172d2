import type { Dims } from '../../../network.js';
import type { Handler, NodeView } from '../node-view.js';
import { sizeOf } from '../value.js';

/** TensorFlow `Reshape(x, shape)`, at most one of `shape` -1. ONNX `Reshape(x, shape)`, the batch left free. */
export const reshape: Handler = (node) => {
  const x = node.value(0);
  const shape = node.numbers(1);
  if (x.kind === 'constant') return { ...x, dims: resolve(node, shape, sizeOf(x)) };
  if (shape.length === 0 || !(shape[0] === -1 || Number.isNaN(shape[0]))) throw node.unsupported('of the batch');
  const perImage = product(x.dims.slice(1) as number[]);
  const dims: Dims = [null, ...resolve(node, shape.slice(1), perImage)];
  return { kind: 'reshape', name: node.name, inputs: [x], dims };
};

/** Fills in the -1, and checks that the shape holds `size` values. */
function resolve(node: NodeView, shape: readonly number[], size: number): number[] {
  if (shape.some(Number.isNaN)) throw node.unsupported('of the batch');
  const known = product(shape.filter((dim) => dim !== -1));
  const dims = shape.map((dim) => (dim === -1 ? size / known : dim));
  const oneUnknown = shape.indexOf(-1) === shape.lastIndexOf(-1);
  if (!oneUnknown || !dims.every((dim) => Number.isInteger(dim) && dim >= 0) || product(dims) !== size) {
    throw node.malformed(`cannot give ${size} values the shape [${shape.join(', ')}]`);
  }
  return dims;
}

function product(dims: readonly number[]): number {
  return dims.reduce((result, dim) => result * dim, 1);
}
