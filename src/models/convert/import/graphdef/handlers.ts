import type { Handler } from './node-view.js';
import { arithmetic } from './operators/arithmetic.js';
import { batchNorm } from './operators/batch-norm.js';
import { biasAdd } from './operators/bias-add.js';
import { concat } from './operators/concat.js';
import { constantNode } from './operators/constant-node.js';
import { conv2d } from './operators/conv2d.js';
import { expandDims } from './operators/expand-dims.js';
import { extremum } from './operators/extremum.js';
import { matmul } from './operators/matmul.js';
import { pack } from './operators/pack.js';
import { pool } from './operators/pool.js';
import { reduce } from './operators/reduce.js';
import { reshape } from './operators/reshape.js';
import { shape } from './operators/shape.js';
import { slice } from './operators/slice.js';
import { squeeze } from './operators/squeeze.js';
import { stridedSlice } from './operators/strided-slice.js';
import { unary } from './operators/unary.js';

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
