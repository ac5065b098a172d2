import type { Handler } from './node-view.js';
import { arithmetic, extremum, matmul, unary } from './operators/math.js';
import { batchNorm, biasAdd, conv2d, pool } from './operators/nn.js';
import {
  concat,
  constantNode,
  expandDims,
  pack,
  reshape,
  shape,
  slice,
  squeeze,
  stridedSlice,
} from './operators/tensor.js';
import { reduce } from './operators/reduce.js';

/** Every TensorFlow operator that can be converted. */
export const HANDLERS: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['Add', arithmetic],
  ['AddV2', arithmetic],
  ['AvgPool', pool],
  ['BiasAdd', biasAdd],
  ['ConcatV2', concat],
  ['Const', constantNode],
  ['Conv2D', conv2d],
  ['ExpandDims', expandDims],
  ['FusedBatchNorm', batchNorm],
  ['FusedBatchNormV2', batchNorm],
  ['FusedBatchNormV3', batchNorm],
  ['MatMul', matmul],
  ['MaxPool', pool],
  ['Maximum', extremum],
  ['Mean', reduce],
  ['Minimum', extremum],
  ['Mul', arithmetic],
  ['Pack', pack],
  ['Prod', reduce],
  ['RealDiv', arithmetic],
  ['Relu', unary],
  ['Reshape', reshape],
  ['Rsqrt', unary],
  ['Shape', shape],
  ['Slice', slice],
  ['Sqrt', unary],
  ['Square', unary],
  ['Squeeze', squeeze],
  ['StridedSlice', stridedSlice],
  ['Sub', arithmetic],
  ['Sum', reduce],
]);
