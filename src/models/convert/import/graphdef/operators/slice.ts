import type { Handler } from '../node-view.js';
import { constant } from '../value.js';

/** TensorFlow `Slice(list, begin, size)` of a constant list, size -1 to its end. ONNX: none, it is shape arithmetic. */
export const slice: Handler = (node) => {
  const list = node.numbers(0);
  const [begin] = node.numbers(1);
  const [size] = node.numbers(2);
  const end = size === -1 ? list.length : begin + size;
  if (!(begin >= 0 && begin <= end && end <= list.length)) throw node.malformed('cuts outside of its list');
  const values = list.slice(begin, end);
  return constant([values.length], values);
};
