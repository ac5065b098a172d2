import fc from 'fast-check';
import { HANDLERS } from '../../../src/models/convert/tensorflow/evaluate.js';
import { convertGraphDef } from '../../../src/models/convert/tensorflow/convert.js';
import { graphDef, ints, node, tensor, type Attribute } from '../graphdef-writer.js';
import { FEEDS, imagePlaceholder } from '../run-graphdef.js';
import { answers, type Subject } from './fuzz.js';
import { mutated } from './mutate.js';

const SIZE_PX = 4;
const OPERATORS = [...HANDLERS.keys(), 'Identity', 'Placeholder', 'Switch', 'Merge', 'NoOp', 'constructor'];
const NAMES = ['input', 'phase_train', ...Array.from({ length: 8 }, (_, i) => `n${i}`)];

type NodeSpec = readonly [
  name: string,
  op: string,
  inputs: readonly string[],
  attributes: Readonly<Record<string, Attribute>>,
];

const constant = (name: string, dims: readonly number[], values: readonly number[], type = 1): NodeSpec => [
  ...([name, 'Const', []] as const),
  { value: { tensor: tensor(dims, values, { dtype: type }) } },
];

/** A network of the kinds of node that the published ones have. */
const SMALL: readonly NodeSpec[] = [
  ['input', 'Placeholder', [], {}],
  constant('w', [1, 1, 3, 2], [1, 2, 3, 4, 5, 6]),
  ['conv', 'Conv2D', ['input', 'w'], { strides: [1, 1, 1, 1], padding: 'SAME' }],
  ...['scale', 'offset', 'mean', 'variance'].map((name) => constant(name, [2], [1, 2])),
  ['bn', 'FusedBatchNorm', ['conv', 'scale', 'offset', 'mean', 'variance'], { epsilon: { float: 0.001 } }],
  ['phase_train', 'Placeholder', [], {}],
  ['switch', 'Switch', ['bn', 'phase_train'], {}],
  ['merge', 'Merge', ['switch', 'switch:1'], {}],
  ['pool', 'AvgPool', ['merge'], { ksize: [1, 4, 4, 1], strides: [1, 1, 1, 1], padding: 'VALID' }],
  ['shape', 'Shape', ['pool'], {}],
  ...[constant('from', [1], [0], 3), constant('to', [1], [1], 3), constant('step', [1], [1], 3)],
  ['batch', 'StridedSlice', ['shape', 'from', 'to', 'step'], { shrink_axis_mask: { int: 1 } }],
  constant('two', [], [2], 3),
  ['flat', 'Pack', ['batch', 'two'], { axis: { int: 0 } }],
  ['reshaped', 'Reshape', ['pool', 'flat'], {}],
  constant('weights', [2, 2], [1, 2, 3, 4]),
  ['product', 'MatMul', ['reshaped', 'weights'], {}],
  constant('bias', [2], [1, 2]),
  ['biased', 'BiasAdd', ['product', 'bias'], {}],
  ['square', 'Square', ['biased'], {}],
  constant('axis', [1], [1], 3),
  ['sum', 'Sum', ['square', 'axis'], { keep_dims: true }],
  ['rsqrt', 'Rsqrt', ['sum'], {}],
  ['embeddings', 'Mul', ['biased', 'rsqrt'], {}],
];
const written = (nodes: readonly NodeSpec[]) => graphDef(nodes.map((spec) => node(...spec)));
const smallFile = written(SMALL);

/** Counts as they should be, and such as overflow. */
export const count = fc.oneof(fc.integer({ min: -2, max: 5 }), fc.constantFrom(2 ** 20, 2 ** 31, 2 ** 40, -(2 ** 31)));
const someTensor = fc
  .tuple(
    fc.array(count, { maxLength: 5 }),
    fc.array(fc.integer({ min: -4, max: 8 }), { maxLength: 8 }),
    fc.constantFrom(1, 2, 3, 9, 10),
    fc.constantFrom('content' as const, 'listed' as const),
  )
  .map(([dims, values, type, as]): Attribute => ({ tensor: tensor(dims, values, { dtype: type, as }) }));
const attribute = fc.oneof(
  someTensor,
  fc.array(count, { maxLength: 5 }),
  fc.boolean(),
  fc.constantFrom('SAME', 'VALID', 'NCHW', 'NHWC', ''),
  fc.oneof(count, fc.constantFrom(-1)).map((value): Attribute => ({ int: value })),
  fc.float().map((value): Attribute => ({ float: value })),
);
const KEYS = [
  ...[
    'value',
    'strides',
    'ksize',
    'dilations',
    'padding',
    'data_format',
    'squeeze_dims',
    'keep_dims',
    'axis',
    'epsilon',
  ],
  ...['transpose_a', 'transpose_b', 'begin_mask', 'end_mask', 'ellipsis_mask', 'new_axis_mask', 'shrink_axis_mask'],
];
const someNode = fc.tuple(
  fc.constantFrom(...OPERATORS),
  fc.array(fc.constantFrom(...NAMES, 'n0:1', '^n1', 'nobody'), { maxLength: 6 }),
  fc.dictionary(fc.constantFrom(...KEYS), attribute, { maxKeys: 5 }),
);
const someList = fc.array(count, { maxLength: 5 });
const someGraph = fc
  .tuple(fc.array(someNode, { maxLength: 8 }), fc.array(someList, { maxLength: 3 }))
  .map(([nodes, lists]) =>
    graphDef([
      imagePlaceholder,
      ...lists.map((list, i) => ints(`n${i}`, list)),
      ...nodes.map(([op, inputs, attributes], i) => node(`n${i + lists.length}`, op, inputs, attributes)),
      node('embeddings', 'Identity', [`n${Math.max(0, nodes.length + lists.length - 1)}`]),
    ]),
  );

/** The small network with one to three nodes changed: another operator, input, attribute or constant. */
const alteration = fc.oneof(
  fc
    .constantFrom(...OPERATORS)
    .map((op) => ([name, , inputs, attributes]: NodeSpec): NodeSpec => [name, op, inputs, attributes]),
  fc
    .tuple(fc.nat(4), fc.constantFrom(...SMALL.map(([name]) => name), '^conv', 'bn:1', 'nobody'))
    .map(([at, input]) => ([name, op, inputs, attributes]: NodeSpec): NodeSpec => {
      return [name, op, [...inputs.slice(0, at), input, ...inputs.slice(at + 1)], attributes];
    }),
  fc
    .tuple(fc.constantFrom(...KEYS), attribute)
    .map(([key, value]) => ([name, op, inputs, attributes]: NodeSpec): NodeSpec => {
      return [name, op, inputs, { ...attributes, [key]: value }];
    }),
  someTensor.map((value) => ([name]: NodeSpec): NodeSpec => [name, 'Const', [], { value }]),
);
const alteredGraph = fc
  .array(fc.tuple(fc.nat(SMALL.length - 1), alteration), { minLength: 1, maxLength: 3 })
  .map((alterations) =>
    written(alterations.reduce((nodes, [at, alter]) => nodes.map((spec, i) => (i === at ? alter(spec) : spec)), SMALL)),
  );

/** The small network as ONNX. */
export const smallOnnx = convertGraphDef(smallFile, { ...FEEDS, inputSizePx: SIZE_PX }).onnx;

export const graphDefs: Subject = {
  name: 'GraphDef',
  inputs: fc.oneof(mutated([smallFile], ['Const', 'Reshape', 'input', 'embeddings']), someGraph, alteredGraph),
  take: (input) =>
    answers(['bad_model_file', 'unsupported_graph'], () => convertGraphDef(input, { ...FEEDS, inputSizePx: SIZE_PX })),
};
