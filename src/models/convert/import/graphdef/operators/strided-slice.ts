import type { Handler } from '../node-view.js';
import { constant } from '../value.js';

/** Python's slice of a list, with the bits of tensorflow/core/ops/array_ops.cc for what is left out. */
const FIRST = 1;

/**
 * TensorFlow `StridedSlice(list, begin, end, strides; begin_mask, end_mask, shrink_axis_mask)` of a constant list:
 * Python's `list[begin:end]`, or `list[begin]` when it shrinks. ONNX: none, it is shape arithmetic.
 */
export const stridedSlice: Handler = (node) => {
  const list = node.numbers(0);
  const [begin, end, stride] = [1, 2, 3].map((index) => node.numbers(index)[0]);
  if (!Number.isInteger(begin) || !Number.isInteger(end)) throw node.malformed('needs to know where to cut');
  if (stride !== 1) throw node.unsupported(`with a stride of ${stride}`);
  if (node.number('ellipsis_mask', 0) !== 0 || node.number('new_axis_mask', 0) !== 0) {
    throw node.unsupported('with new axes');
  }
  const from = node.number('begin_mask', 0) & FIRST ? 0 : begin;
  if (node.number('shrink_axis_mask', 0) & FIRST) {
    const value = list.at(from);
    if (value === undefined) throw node.malformed('cuts outside of its list');
    return constant([], [value]);
  }
  const values = list.slice(from, node.number('end_mask', 0) & FIRST ? undefined : end);
  return constant([values.length], values);
};
