import { channelsOf, valueName } from '../../../network.js';
import type { Handler } from '../node-view.js';
import { readWindow, spatial } from './window.js';

/**
 * TensorFlow `MaxPool|AvgPool(x NHWC; ksize, strides, padding, data_format)`.
 * ONNX `MaxPool|AveragePool(x NCHW; kernel_shape, strides, pads)`. An average counts no padding in either.
 */
export const pool: Handler = (node) => {
  const x = node.activation(0, 4);
  const window = readWindow(node, x.dims, spatial(node, 'ksize'));
  const attributes = {
    kernel_shape: { ints: window.kernel },
    strides: { ints: window.strides },
    pads: { ints: window.pads },
  };
  const [onnx, extra] = node.op === 'MaxPool' ? ['MaxPool', {}] : ['AveragePool', { count_include_pad: { int: 0 } }];
  return {
    kind: 'plain',
    name: node.name,
    inputs: [x],
    dims: [null, ...window.outputSize, channelsOf(x)],
    emit: (builder, inputs) => builder.node(onnx, inputs, { ...attributes, ...extra }, valueName(node.name, onnx)),
  };
};
