import { describe, expect, it } from 'vitest';
import type { OnnxAttribute } from '../../../../src/models/convert/onnx/onnx.js';
import { GraphBuilder, type Ref } from '../../../../src/models/convert/onnx/graph-builder.js';
import { createOnnxRuntime } from '../../../../src/engine/onnxruntime.js';
import { createEngine as createTensorFlowJs } from '../../../../src/plugins/tensorflow/engine.js';
import { HANDLERS } from '../../../../src/plugins/tensorflow/handlers.js';
import { compareSessions, randomTensor } from '../../../helpers/engines.js';

/** Two runtimes that add the same float32 values, of -1..1, in another order. */
const TOLERANCE = 1e-5;

/** A constant input: a list of whole numbers, one value, some values, random values of a shape; null where it is left out. */
type Constant =
  readonly number[] | number | { readonly values: readonly number[] } | { readonly dims: readonly number[] } | null;

interface Case {
  readonly op: string;
  readonly name: string;
  /** Shapes of what is fed; images are NCHW. */
  readonly feeds: readonly (readonly number[])[];
  readonly constants?: readonly Constant[];
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
  /** Dimensions of each output. */
  readonly ranks?: readonly number[];
  /** Roots and reciprocals want values above 0. */
  readonly positive?: boolean;
}

const ints = (...values: number[]) => ({ ints: values });
const int = (value: number) => ({ int: value });
const weight = (...dims: number[]) => ({ dims });
const IMAGE = [2, 3, 7, 9] as const;
const VECTOR = [2, 6] as const;

const conv = (
  name: string,
  filters: number[],
  attributes: Case['attributes'] = {},
  feed: readonly number[] = IMAGE,
) => ({
  op: 'Conv',
  name,
  feeds: [feed],
  constants: [weight(...filters), weight(filters[0])],
  attributes,
});
const pool = (op: string, name: string, attributes: Case['attributes'], feed: readonly number[] = IMAGE) => ({
  op,
  name,
  feeds: [feed],
  attributes,
});
const unary = (op: string, positive = false) => [
  { op, name: 'of images', feeds: [IMAGE], positive },
  { op, name: 'of vectors', feeds: [VECTOR], positive },
];
const binary = (op: string) => [
  { op, name: 'of two images', feeds: [IMAGE, IMAGE] },
  { op, name: 'of an image and one value a channel', feeds: [IMAGE], constants: [weight(3, 1, 1)] },
  { op, name: 'of an image and one value a column', feeds: [IMAGE], constants: [weight(9)] },
  { op, name: 'of an image and a number', feeds: [IMAGE], constants: [0.25] },
  { op, name: 'of images that broadcast to each other', feeds: [IMAGE, [2, 1, 7, 1]] },
  { op, name: 'of vectors', feeds: [VECTOR], constants: [weight(6)] },
  { op, name: 'of vectors and a number each', feeds: [VECTOR, [2, 1]] },
];
const reduce = (op: string, axes: (...values: number[]) => Partial<Case>) => [
  { op, name: 'over pixels', feeds: [IMAGE], ...axes(2, 3), ranks: [4] },
  { op, name: 'over the last axis of vectors', feeds: [VECTOR], ...axes(-1), ranks: [2] },
];
const axesAttribute =
  (keepdims: number) =>
  (...axes: number[]) => ({
    attributes: { axes: ints(...axes), keepdims: int(keepdims) },
  });

const CASES: readonly Case[] = [
  conv('without pads', [4, 3, 3, 3]),
  conv('with the pads of SAME', [4, 3, 3, 3], { pads: ints(1, 1, 1, 1) }),
  conv(
    'with strides and the odd pad at the end',
    [4, 3, 3, 3],
    { pads: ints(0, 0, 1, 1), strides: ints(2, 2) },
    [1, 3, 8, 10],
  ),
  conv('with pads that SAME would not take', [4, 3, 3, 3], { pads: ints(2, 0, 1, 3), strides: ints(2, 1) }),
  conv('with a kernel of 1 by 7', [4, 3, 1, 7], { pads: ints(0, 3, 0, 3) }),
  conv('with dilations', [4, 3, 3, 3], { dilations: ints(2, 3), pads: ints(2, 3, 2, 3) }),
  conv('with a kernel of 1 by 1', [5, 3, 1, 1]),
  conv('in two groups', [6, 2, 3, 3], { group: int(2) }, [2, 4, 7, 9]),
  conv('depthwise', [3, 1, 3, 3], { group: int(3), pads: ints(1, 1, 1, 1) }),
  conv('depthwise with two filters a channel', [6, 1, 3, 3], { group: int(3) }),
  conv('depthwise with other strides for rows and columns', [3, 1, 3, 3], { group: int(3), strides: ints(2, 1) }),
  conv(
    'depthwise with the odd pad at the end',
    [3, 1, 3, 3],
    { group: int(3), pads: ints(0, 0, 1, 1), strides: ints(2, 2) },
    [2, 3, 8, 6],
  ),
  { op: 'Conv', name: 'without a bias', feeds: [IMAGE], constants: [weight(4, 3, 3, 3)] },

  pool('MaxPool', 'without pads', { kernel_shape: ints(3, 3), strides: ints(2, 2) }),
  pool('MaxPool', 'of values below 0 with pads', { kernel_shape: ints(2, 3), pads: ints(1, 1, 1, 1) }),
  ...[7, 8, 9, 10].flatMap((size) =>
    [2, 3].map((kernel) =>
      pool(
        'MaxPool',
        `whose last window of ${kernel} sticks out of ${size}`,
        { kernel_shape: ints(kernel, kernel), strides: ints(2, 2), ceil_mode: int(1) },
        [1, 2, size, size],
      ),
    ),
  ),
  pool(
    'MaxPool',
    'whose last window would begin in the padding',
    { kernel_shape: ints(1, 2), strides: ints(2, 2), pads: ints(0, 1, 0, 1), ceil_mode: int(1) },
    [1, 2, 5, 5],
  ),
  pool('AveragePool', 'without pads', { kernel_shape: ints(2, 2), strides: ints(2, 2) }),
  pool('AveragePool', 'with the pads of SAME', { kernel_shape: ints(3, 3), pads: ints(1, 1, 1, 1) }),
  pool('AveragePool', 'with other pads', { kernel_shape: ints(3, 3), pads: ints(2, 0, 1, 1), strides: ints(2, 2) }),
  pool('AveragePool', 'that counts its pads', {
    kernel_shape: ints(3, 3),
    pads: ints(1, 1, 1, 1),
    count_include_pad: int(1),
  }),
  pool('GlobalAveragePool', 'of images', {}),
  pool('GlobalAveragePool', 'of single pixels', {}, [2, 3, 1, 1]),

  { op: 'PRelu', name: 'with one slope a channel', feeds: [IMAGE], constants: [weight(3, 1, 1)] },
  { op: 'PRelu', name: 'with one slope for all', feeds: [IMAGE], constants: [weight(1)] },
  { op: 'PRelu', name: 'with one slope a row', feeds: [IMAGE], constants: [weight(7, 1)] },
  { op: 'PRelu', name: 'of vectors', feeds: [VECTOR], constants: [weight(6)] },

  { op: 'Softmax', name: 'over channels', feeds: [IMAGE], attributes: { axis: int(1) } },
  { op: 'Softmax', name: 'over rows', feeds: [IMAGE], attributes: { axis: int(2) } },
  { op: 'Softmax', name: 'of vectors', feeds: [VECTOR] },

  ...binary('Add'),
  ...binary('Sub'),
  ...binary('Mul'),
  ...binary('Max'),
  ...binary('Min'),
  ...binary('Div').map((each) => ({ ...each, positive: true })),
  { op: 'Max', name: 'of three', feeds: [IMAGE, IMAGE, IMAGE] },

  ...unary('Exp'),
  ...unary('Identity'),
  ...unary('Relu'),
  ...unary('Sigmoid'),
  ...unary('Reciprocal', true),
  ...unary('Sqrt', true),
  { op: 'Clip', name: 'at both ends', feeds: [IMAGE], constants: [-0.5, 0.25] },
  { op: 'Clip', name: 'at the lower end', feeds: [VECTOR], constants: [0.1] },

  { op: 'Concat', name: 'of channels', feeds: [IMAGE, [2, 5, 7, 9]], attributes: { axis: int(1) } },
  { op: 'Concat', name: 'of columns', feeds: [IMAGE, IMAGE, IMAGE], attributes: { axis: int(-1) } },
  {
    op: 'Concat',
    name: 'of lists',
    feeds: [
      [1, 3, 4],
      [1, 2, 4],
    ],
    attributes: { axis: int(1) },
    ranks: [3],
  },
  {
    op: 'Split',
    name: 'of channels',
    feeds: [[2, 5, 3, 4]],
    constants: [[2, 3]],
    attributes: { axis: int(1) },
    ranks: [4, 4],
  },
  { op: 'Split', name: 'of vectors into halves', feeds: [VECTOR], attributes: { axis: int(-1) }, ranks: [2, 2] },
  { op: 'Slice', name: 'of channels', feeds: [IMAGE], constants: [[1], [2], [1]] },
  {
    op: 'Slice',
    name: 'from the end and beyond it',
    feeds: [IMAGE],
    constants: [
      [-3, 2],
      [9999, -1],
      [3, 2],
    ],
  },
  {
    op: 'Slice',
    name: 'of the first axes',
    feeds: [VECTOR],
    constants: [
      [1, 2],
      [2, 5],
    ],
  },
  { op: 'Pad', name: 'of channels and edges', feeds: [IMAGE], constants: [[0, 1, 2, 0, 0, 4, 1, 1]] },
  { op: 'Pad', name: 'with a value', feeds: [VECTOR], constants: [[1, 0, 0, 2], -0.75] },

  { op: 'Gemm', name: 'with a bias', feeds: [VECTOR], constants: [weight(6, 4), weight(4)] },
  { op: 'Gemm', name: 'without a bias', feeds: [VECTOR], constants: [weight(6, 4)] },
  {
    op: 'Gemm',
    name: 'transposed and scaled',
    feeds: [[6, 2]],
    constants: [weight(4, 6), weight(2, 4)],
    attributes: { transA: int(1), transB: int(1), alpha: { float: 0.5 }, beta: { float: -2 } },
  },
  { op: 'MatMul', name: 'with a constant', feeds: [VECTOR], constants: [weight(6, 4)] },
  { op: 'MatMul', name: 'of two matrices', feeds: [VECTOR, [6, 3]] },

  { op: 'Reshape', name: 'of images to vectors', feeds: [IMAGE], constants: [[0, -1]], ranks: [2] },
  { op: 'Reshape', name: 'of vectors to images', feeds: [VECTOR], constants: [[-1, 3, 2, 1]], ranks: [4] },
  { op: 'Reshape', name: 'of images to lists', feeds: [IMAGE], constants: [[0, -1, 3]], ranks: [3] },
  { op: 'Flatten', name: 'of images', feeds: [IMAGE], ranks: [2] },
  { op: 'Flatten', name: 'of single pixels', feeds: [[2, 3, 1, 1]], ranks: [2] },
  { op: 'Flatten', name: 'behind the second axis', feeds: [IMAGE], attributes: { axis: int(-2) }, ranks: [2] },
  { op: 'Transpose', name: 'to channels last', feeds: [IMAGE], attributes: { perm: ints(0, 2, 3, 1) } },
  { op: 'Transpose', name: 'to channels first', feeds: [IMAGE], attributes: { perm: ints(0, 3, 1, 2) } },
  { op: 'Transpose', name: 'of rows and columns', feeds: [IMAGE], attributes: { perm: ints(0, 1, 3, 2) } },
  { op: 'Transpose', name: 'of a matrix', feeds: [VECTOR] },

  { op: 'Shape', name: 'of images, which others take', feeds: [IMAGE, [7, 2, 9, 3]] },
  { op: 'Shape', name: 'of vectors', feeds: [VECTOR, [3, 4]] },
  { op: 'Gather', name: 'of channels', feeds: [IMAGE], constants: [[2, 0]], attributes: { axis: int(1) } },
  { op: 'Gather', name: 'of rows, from the end', feeds: [VECTOR], constants: [[-1, 0, 0]] },
  { op: 'Unsqueeze', name: 'of vectors', feeds: [VECTOR], constants: [[0, -1]], ranks: [4] },
  {
    op: 'Resize',
    name: 'by whole factors',
    feeds: [IMAGE],
    constants: [null, { values: [1, 1, 2, 3] }],
    attributes: {
      mode: { string: 'nearest' },
      coordinate_transformation_mode: { string: 'asymmetric' },
      nearest_mode: { string: 'floor' },
    },
  },
  {
    op: 'BatchNormalization',
    name: 'of images',
    feeds: [IMAGE],
    constants: [weight(3), weight(3), weight(3), weight(3)],
    attributes: { epsilon: { float: 0.01 } },
  },

  ...reduce('ReduceMean', axesAttribute(1)),
  ...reduce('ReduceProd', axesAttribute(1)),
  ...reduce('ReduceSum', (...axes) => ({ constants: [axes] })),
  { op: 'ReduceMean', name: 'that drops the pixels', feeds: [IMAGE], ...axesAttribute(0)(2, 3), ranks: [2] },
  { op: 'ReduceMean', name: 'that drops the columns', feeds: [IMAGE], ...axesAttribute(0)(3), ranks: [3] },
  { op: 'ReduceSum', name: 'over everything', feeds: [IMAGE] },
];

/** Operators that divide by a constant or by its root. */
const POSITIVE_WEIGHTS = new Set(['Div', 'BatchNormalization']);

/** @param imagesLast whether images are fed NHWC and transposed, so that the node gets them as a convolution leaves them */
function modelOf({ op, feeds, constants = [], attributes = {}, ranks }: Case, imagesLast: boolean): Uint8Array {
  const graph = new GraphBuilder(op);
  const fed = feeds.map((dims, i): Ref => {
    const isLast = imagesLast && dims.length === 4;
    const input = graph.input(`x${i}`, isLast ? toLast(dims) : dims);
    return isLast ? graph.node('Transpose', [input], { perm: ints(0, 3, 1, 2) }) : input;
  });
  const fixed = constants.map((constant, i): Ref => {
    const name = `c${i}`;
    if (constant === null) return '';
    if (typeof constant === 'number') return graph.weight(name, [], Float32Array.of(constant));
    if ('values' in constant && !('length' in constant))
      return graph.weight(name, [constant.values.length], Float32Array.from(constant.values));
    if (!('dims' in constant)) return graph.ints(name, constant);
    return graph.weight(
      name,
      constant.dims,
      positive(randomTensor(constant.dims, 100 + i).data, POSITIVE_WEIGHTS.has(op)),
    );
  });
  const outputRanks = ranks ?? [feeds[0].length];
  const outputs =
    op === 'Shape'
      ? [graph.node('Reshape', [fed[0], graph.node('Shape', [fed[1]])])]
      : graph.nodeWithOutputs(op, [...fed, ...fixed], outputRanks.length, attributes);
  outputs.forEach((output, i) => {
    graph.output(
      `y${i}`,
      output,
      Array.from({ length: outputRanks[i] }, (_, axis) => `y${i}/${axis}`),
    );
  });
  return graph.finish();
}

function toLast([n, c, h, w]: readonly number[]): number[] {
  return [n, h, w, c];
}

function positive(values: Float32Array, isPositive: boolean): Float32Array {
  return isPositive ? values.map((value) => Math.abs(value) + 0.5) : values;
}

describe.each([
  ['as they are fed', false],
  ['as a convolution leaves them', true],
])('each operator of TensorFlow.js, on images %s, does what ONNX Runtime does', (_, imagesLast) => {
  const cases = CASES.filter(({ feeds }) => !imagesLast || feeds.some((dims) => dims.length === 4));

  it.each(cases.map((each) => [each.op, each.name, each] as const))('%s %s', async (_op, _name, each) => {
    const model = modelOf(each, imagesLast);
    const tfjs = await (await createTensorFlowJs()).load(model);
    const onnx = await createOnnxRuntime({ threads: 1 }).load(model);
    const feeds = each.feeds.map((dims, i) => {
      const tensor = randomTensor(imagesLast && dims.length === 4 ? toLast(dims) : dims, i + 1);
      return [`x${i}`, { ...tensor, data: positive(tensor.data, each.positive ?? false) }] as const;
    });
    const differences = await compareSessions(tfjs, onnx, Object.fromEntries(feeds));
    await Promise.all([tfjs.dispose(), onnx.dispose()]);
    expect(Object.keys(differences)).toHaveLength((each.ranks ?? [0]).length);
    for (const difference of Object.values(differences)) expect(difference).toBeLessThanOrEqual(TOLERANCE);
  });
});

it('holds every operator against ONNX Runtime', () => {
  expect([...new Set(CASES.map(({ op }) => op))].sort()).toEqual([...HANDLERS.keys()].sort());
});
