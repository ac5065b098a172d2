import type { Handler } from '../node-view.js';
import type { TfTensor } from '../tensorflow.js';
import { plain, toPlain } from '../value.js';

/** ONNX `Gemm(a, b, c?; alpha, beta, transA, transB)`: alpha · a b + beta · c. */
export const gemm: Handler = (node, tf) => {
  const [alpha, beta] = [node.float('alpha', 1), node.float('beta', 1)];
  const [transA, transB] = [node.int('transA', 0) === 1, node.int('transB', 0) === 1];
  const scaled = (x: TfTensor, factor: number) => (factor === 1 ? x : tf.mul(x, factor));
  return {
    reads: node.inputs,
    run(inputs) {
      const [a, b, c] = inputs.map((input) => toPlain(tf, input)) as [TfTensor, TfTensor, TfTensor | undefined];
      const product = scaled(tf.matMul(a, b, transA, transB), alpha);
      return [plain(c === undefined ? product : tf.add(product, scaled(c, beta)))];
    },
  };
};

/** ONNX `MatMul(a, b)`. */
export const matMul: Handler = (node, tf) => ({
  reads: node.inputs,
  run: ([a, b]) => [plain(tf.matMul(toPlain(tf, a), toPlain(tf, b)))],
});
