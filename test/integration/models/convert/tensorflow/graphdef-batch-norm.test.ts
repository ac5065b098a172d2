import { describe, expect, it } from 'vitest';
import { convertGraphDef } from '../../../../../src/models/convert/tensorflow/convert.js';
import { floats, graphDef, ints, node } from '../../../../helpers/graphdef-writer.js';
import { summariseOnnx } from '../../../../helpers/onnx-reader.js';
import { FEEDS, imagePlaceholder, runGraph } from '../../../../helpers/run-graphdef.js';

const cond = (scope: string): Uint8Array[] => [
  node(`${scope}/Switch`, 'Switch', ['phase_train', 'phase_train']),
  node(`${scope}/switch_t`, 'Identity', [`${scope}/Switch:1`]),
  node(`${scope}/switch_f`, 'Identity', [`${scope}/Switch`]),
  node(`${scope}/pred_id`, 'Identity', ['phase_train']),
];

/** One pixel of three channels, a 1x1 convolution to two: [x0 + x1 + x2, x0 - x2]. */
const convolution = [
  node('phase_train', 'Placeholder'),
  imagePlaceholder,
  floats('w', [1, 1, 3, 2], [1, 1, 1, 0, 1, -1]),
  node('conv', 'Conv2D', ['input', 'w'], { strides: [1, 1, 1, 1], padding: 'SAME' }),
];
const statistics = [floats('beta', [2], [0.5, -1]), floats('mean', [2], [2, 4]), floats('variance', [2], [3, 8])];
const flatten = [ints('flat', [-1, 2]), node('embeddings', 'Reshape', ['y', 'flat'])];
const images = Float32Array.from([1, 2, 3, 10, 0, -10, 0, 0, 0]);

/** (x - mean) / sqrt(variance + 1) + beta: x is [6, -2], [0, 20], [0, 0]. */
const normalised = [2.5, -3, -0.5, 16 / 3 - 1, -0.5, -7 / 3];

/** Batch normalisation as the files of 2017 have it: moments of the batch, then arithmetic. */
const unfused = [
  ...statistics,
  ints('axes', [0, 1, 2]),
  node('moments/mean', 'Mean', ['conv', 'axes'], { keep_dims: true }),
  node('moments/stop', 'StopGradient', ['moments/mean']),
  node('moments/difference', 'SquaredDifference', ['conv', 'moments/stop']),
  node('moments/variance', 'Mean', ['moments/difference', 'axes'], { keep_dims: true }),
  node('moments/Squeeze', 'Squeeze', ['moments/mean'], { squeeze_dims: [0, 1, 2] }),
  node('moments/Squeeze_1', 'Squeeze', ['moments/variance'], { squeeze_dims: [0, 1, 2] }),
  ...cond('cond'),
  node('cond/train', 'Switch', ['moments/Squeeze', 'cond/pred_id']),
  node('cond/run', 'Switch', ['mean', 'cond/pred_id']),
  node('cond/Merge', 'Merge', ['cond/run', 'cond/train:1']),
  node('cond/train_1', 'Switch', ['moments/Squeeze_1', 'cond/pred_id']),
  node('cond/run_1', 'Switch', ['variance', 'cond/pred_id']),
  node('cond/Merge_1', 'Merge', ['cond/run_1', 'cond/train_1:1']),
  floats('epsilon', [], [1]),
  node('sum', 'Add', ['cond/Merge_1', 'epsilon']),
  node('rsqrt', 'Rsqrt', ['sum']),
  node('mul', 'Mul', ['conv', 'rsqrt']),
  node('mul_1', 'Mul', ['cond/Merge', 'rsqrt']),
  node('sub', 'Sub', ['beta', 'mul_1']),
  node('y', 'Add', ['mul', 'sub']),
];

/** And as those of 2018 do: two FusedBatchNorm, one of them for training. */
const fused = [
  ...statistics,
  floats('ones', [2], [1, 1]),
  ...cond('cond'),
  node('cond/empty', 'Const', ['^cond/switch_t']),
  ...['conv', 'ones', 'beta', 'mean', 'variance'].map((input) =>
    node(`cond/${input}`, 'Switch', [input, 'cond/pred_id']),
  ),
  node('cond/train', 'FusedBatchNorm', ['cond/conv:1', 'cond/ones:1', 'cond/beta:1', 'cond/empty', 'cond/empty'], {
    epsilon: { float: 1 },
    is_training: true,
  }),
  node('cond/run', 'FusedBatchNorm', ['cond/conv', 'cond/ones', 'cond/beta', 'cond/mean', 'cond/variance'], {
    epsilon: { float: 1 },
    is_training: false,
  }),
  node('y', 'Merge', ['cond/run', 'cond/train']),
];

function operatorsOf(nodes: readonly Uint8Array[]): Readonly<Record<string, number>> {
  return summariseOnnx(convertGraphDef(graphDef(nodes), { ...FEEDS, inputSizePx: 1 }).onnx).operators;
}

describe.each([
  ['unfused', unfused],
  ['fused', fused],
])('batch normalisation, %s', (_title, batchNorm) => {
  const nodes = [...convolution, ...batchNorm, ...flatten];

  it('runs with the statistics of the file, whatever the batch', async () => {
    const { data, dims } = await runGraph(nodes, images, 1);
    expect(dims).toEqual([3, 2]);
    expect(data).toEqual(normalised.map((value) => expect.closeTo(value, 5) as number));
    expect((await runGraph(nodes, images.slice(3, 6), 1)).data).toEqual(data.slice(2, 4));
  });

  it('is part of the convolution', () => {
    expect(operatorsOf(nodes)).toEqual({ Transpose: 1, Conv: 1, Reshape: 1, Identity: 1 });
  });
});

describe('what else folds into a convolution', () => {
  const residual = [
    floats('bias', [2], [1, 2]),
    node('biased', 'BiasAdd', ['conv', 'bias']),
    floats('factor', [], [0.5]),
    node('scaled', 'Mul', ['factor', 'biased']),
  ];

  it('a bias and the factor of a residual', async () => {
    const nodes = [...convolution, ...residual, node('y', 'Relu', ['scaled']), ...flatten];
    expect((await runGraph(nodes, images, 1)).data).toEqual([3.5, 0, 0.5, 11, 0.5, 1]);
    expect(operatorsOf(nodes)).toEqual({ Transpose: 1, Conv: 1, Relu: 1, Reshape: 1, Identity: 1 });
  });

  it('nothing, where the bare result is used as well', async () => {
    const nodes = [...convolution, ...residual, node('y', 'Sub', ['scaled', 'conv']), ...flatten];
    expect((await runGraph(nodes, images, 1)).data).toEqual([-2.5, 2, 0.5, -9, 0.5, 1]);
    expect(operatorsOf(nodes)).toMatchObject({ Conv: 1, Mul: 1, Add: 1, Sub: 1 });
  });

  it('a bottleneck normalised as an image of one pixel', async () => {
    const nodes = [
      ...convolution.slice(0, 2),
      ints('vector', [-1, 3]),
      node('x', 'Reshape', ['input', 'vector']),
      floats('w', [3, 2], [1, 1, 1, 0, 1, -1]),
      node('product', 'MatMul', ['x', 'w']),
      ints('pixel', [-1, 1, 1, 2]),
      node('conv', 'Reshape', ['product', 'pixel']),
      ...fused,
      ...flatten,
    ];
    expect((await runGraph(nodes, images, 1)).data).toEqual(
      normalised.map((value) => expect.closeTo(value, 5) as number),
    );
    expect(operatorsOf(nodes)).toEqual({ Transpose: 1, Reshape: 1, Gemm: 1, Identity: 1 });
  });
});
