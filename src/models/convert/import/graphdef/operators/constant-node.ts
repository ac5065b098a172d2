import { readTensor } from '../../../formats/graphdef-tensor.js';
import type { Handler } from '../node-view.js';

/** TensorFlow `Const(value)`. ONNX: none; whoever uses it writes it as a weight. */
export const constantNode: Handler = (node) => {
  const tensor = node.tensor('value');
  if (tensor.type === null) throw node.unsupported('of this element type');
  return { kind: 'constant', dims: tensor.dims, read: () => readTensor(tensor) };
};
