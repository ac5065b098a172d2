import { readTensor } from '../graphdef.js';
import { type Dims, onnxAxis, type Operation, valueName } from '../network.js';
import { constant, type Constant, type Handler, type NodeView, sizeOf } from '../node-view.js';

/** TensorFlow `Shape(x)`. ONNX: none; all dimensions but the batch are known, and the batch is NaN (see `Constant`). */
export const shape: Handler = (node) => {
  const dims: readonly (number | null)[] = node.value(0).dims;
  return constant(
    [dims.length],
    dims.map((dim) => dim ?? NaN),
  );
};

/** TensorFlow `Pack(value…; axis)` of scalar constants: a list. ONNX: none, computed during conversion. */
export const pack: Handler = (node) => {
  const values = node.values.map((_, i) => {
    const part = node.constant(i);
    if (part.dims.length !== 0) throw node.unsupported('of values that are not scalars');
    return part.read()[0];
  });
  return constant([values.length], values);
};

/**
 * TensorFlow `Slice(list, begin, size)` of a constant list; size -1 means to the end. ONNX: none, computed during
 * conversion.
 */
export const slice: Handler = (node) => {
  const list = node.numbers(0);
  const [begin] = node.numbers(1);
  const [size] = node.numbers(2);
  const end = size === -1 ? list.length : begin + size;
  if (!(begin >= 0 && begin <= end && end <= list.length)) throw node.malformed('slices outside of its list');
  const values = list.slice(begin, end);
  return constant([values.length], values);
};

/** The mask bit of the first dimension; tensorflow/core/ops/array_ops.cc. */
const FIRST = 1;

/**
 * TensorFlow `StridedSlice(list, begin, end, strides; begin_mask, end_mask, shrink_axis_mask)` of a constant list:
 * Python's `list[begin:end]`, or `list[begin]` when it shrinks. ONNX: none, computed during conversion.
 */
export const stridedSlice: Handler = (node) => {
  const list = node.numbers(0);
  const [begin, end, stride] = [1, 2, 3].map((index) => node.numbers(index)[0]);
  if (!Number.isInteger(begin) || !Number.isInteger(end))
    throw node.malformed('has slice bounds that are not constant');
  if (stride !== 1) throw node.unsupported(`with a stride of ${stride}`);
  if (node.number('ellipsis_mask', 0) !== 0 || node.number('new_axis_mask', 0) !== 0) {
    throw node.unsupported('with new axes');
  }
  const from = node.number('begin_mask', 0) & FIRST ? 0 : begin;
  if (node.number('shrink_axis_mask', 0) & FIRST) {
    const value = list.at(from);
    if (value === undefined) throw node.malformed('slices outside of its list');
    return constant([], [value]);
  }
  const values = list.slice(from, node.number('end_mask', 0) & FIRST ? undefined : end);
  return constant([values.length], values);
};

/** TensorFlow `Squeeze(x; squeeze_dims)`; without `squeeze_dims` all dimensions of size 1. ONNX `Reshape`. */
export const squeeze: Handler = (node) => {
  const x = node.value(0);
  const sizes: readonly (number | null)[] = x.dims;
  const named = node.list('squeeze_dims').map((axis) => node.axis(axis, sizes.length));
  if (named.some((axis) => sizes[axis] !== 1)) throw node.malformed('drops a dimension that is not 1');
  const dims = sizes.filter((size, axis) => (named.length > 0 ? !named.includes(axis) : size !== 1));
  if (x.kind === 'constant') return { ...x, dims: dims as number[] };
  return { kind: 'reshape', name: node.name, inputs: [x], dims: dims as unknown as Dims };
};

/** TensorFlow `ExpandDims(x, axis)`: inserts a dimension of size 1 before `axis`. ONNX `Reshape`. */
export const expandDims: Handler = (node) => {
  const x = node.value(0);
  const sizes: readonly (number | null)[] = x.dims;
  const axis = node.axis(node.numbers(1)[0], sizes.length + 1);
  const dims = [...sizes.slice(0, axis), 1, ...sizes.slice(axis)];
  if (x.kind === 'constant') return { ...x, dims: dims as number[] };
  if (axis === 0) throw node.unsupported('in front of the batch');
  return { kind: 'reshape', name: node.name, inputs: [x], dims: dims as unknown as Dims };
};

/**
 * TensorFlow `Reshape(x, shape)`, with at most one -1 in `shape`. ONNX `Reshape(x, shape)`, the batch stays dynamic.
 */
export const reshape: Handler = (node) => {
  const x = node.value(0);
  const shape = node.numbers(1);
  if (x.kind === 'constant') return { ...x, dims: resolve(node, shape, sizeOf(x)) };
  if (shape.length === 0 || !(shape[0] === -1 || Number.isNaN(shape[0]))) throw node.unsupported('of the batch');
  const perImage = product(x.dims.slice(1) as number[]);
  const dims: Dims = [null, ...resolve(node, shape.slice(1), perImage)];
  return { kind: 'reshape', name: node.name, inputs: [x], dims };
};

/** Replaces the -1 and checks that the shape holds `size` values. */
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

/**
 * TensorFlow `ConcatV2(value…, axis)`. ONNX `Concat(value…; axis)`; lists of constants are joined during conversion.
 */
export const concat: Handler = (node) => {
  const [axis] = node.numbers(node.values.length - 1);
  const parts = node.values.slice(0, -1);
  if (parts.length === 0) throw node.malformed('has no inputs');
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
  if (!fits) throw node.malformed('has inputs of incompatible shapes');
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

/** TensorFlow `Const(value)`. ONNX: none; the operators that use it write it as a weight. */
export const constantNode: Handler = (node) => {
  const tensor = node.tensor('value');
  if (tensor.type === null) throw node.unsupported('of this element type');
  return { kind: 'constant', dims: tensor.dims, read: () => readTensor(tensor) };
};
