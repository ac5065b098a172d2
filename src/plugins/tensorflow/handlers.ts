import type { Handler } from './node-view.js';
import { arithmetic, clip, gemm, matMul, prelu, softmax, unary } from './operators/math.js';
import { concat, flatten, pad, reshape, slice, split, transpose } from './operators/tensor.js';
import { averagePool, conv, globalAveragePool, maxPool } from './operators/nn.js';
import { reduce } from './operators/reduce.js';

/** Every ONNX operator that can be run: all that the importers of `models/convert/` write. */
export const HANDLERS: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['Add', arithmetic],
  ['AveragePool', averagePool],
  ['Clip', clip],
  ['Concat', concat],
  ['Conv', conv],
  ['Div', arithmetic],
  ['Exp', unary],
  ['Flatten', flatten],
  ['Gemm', gemm],
  ['GlobalAveragePool', globalAveragePool],
  ['Identity', unary],
  ['MatMul', matMul],
  ['Max', arithmetic],
  ['MaxPool', maxPool],
  ['Min', arithmetic],
  ['Mul', arithmetic],
  ['PRelu', prelu],
  ['Pad', pad],
  ['Reciprocal', unary],
  ['ReduceMean', reduce],
  ['ReduceProd', reduce],
  ['ReduceSum', reduce],
  ['Relu', unary],
  ['Reshape', reshape],
  ['Sigmoid', unary],
  ['Slice', slice],
  ['Softmax', softmax],
  ['Split', split],
  ['Sqrt', unary],
  ['Sub', arithmetic],
  ['Transpose', transpose],
]);
