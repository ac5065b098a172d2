import type { Handler } from './node-view.js';
import { arithmetic } from './operators/arithmetic.js';
import { clip } from './operators/clip.js';
import { concat } from './operators/concat.js';
import { conv } from './operators/conv.js';
import { gemm, matMul } from './operators/gemm.js';
import { pad } from './operators/pad.js';
import { averagePool, globalAveragePool, maxPool } from './operators/pool.js';
import { prelu } from './operators/prelu.js';
import { reduce } from './operators/reduce.js';
import { flatten, reshape } from './operators/reshape.js';
import { slice } from './operators/slice.js';
import { softmax } from './operators/softmax.js';
import { split } from './operators/split.js';
import { transpose } from './operators/transpose.js';
import { unary } from './operators/unary.js';

/** Every ONNX operator that can be run: all that the importers of `graph/import/` write. */
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
