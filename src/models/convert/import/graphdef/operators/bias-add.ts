import { IDENTITY } from '../../../network.js';
import type { Handler } from '../node-view.js';
import { scaleShift } from './arithmetic.js';

/** TensorFlow `BiasAdd(x, bias; data_format)`. ONNX: the bias of the layer in front of it, else `Add(x, bias)`. */
export const biasAdd: Handler = (node) => {
  node.requireChannelsLast();
  return scaleShift(node, node.activation(0), node.constant(1), (shift) => ({ ...IDENTITY, shift }));
};
