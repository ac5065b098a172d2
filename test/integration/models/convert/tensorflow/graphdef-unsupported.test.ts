import { describe, expect, it } from 'vitest';
import { floats, ints, node, tensor } from '../../../../helpers/graphdef-writer.js';
import { imagePlaceholder, importFailure } from '../../../../helpers/run-graphdef.js';

const flatten = [ints('flat', [-1, 3]), node('embeddings', 'Reshape', ['y', 'flat'])];

describe('a graph that cannot be converted', () => {
  it('is refused with every operator at once, and the nodes that use it', () => {
    const nodes = [
      imagePlaceholder,
      node('lrn', 'LRN', ['input']),
      ...['a', 'b', 'c', 'd', 'e'].map((name, i) => node(name, 'Elu', [i === 0 ? 'lrn' : 'abcd'[i - 1]])),
      floats('w', [1, 1, 3, 3], Array<number>(9).fill(1)),
      node('nchw', 'Conv2D', ['input', 'w'], { strides: [1, 1, 1, 1], padding: 'SAME', data_format: 'NCHW' }),
      node('y', 'Add', ['e', 'nchw']),
      node('unused', 'NeverMind', ['y']),
      ...flatten,
    ];
    expect(importFailure(nodes)).toEqual({
      code: 'unsupported_graph',
      message:
        'the graph uses what cannot be converted: LRN (lrn); Elu (a, b, c and 2 more); Conv2D with data_format NCHW (nchw)',
      details: {
        operators: [
          { op: 'LRN', nodes: ['lrn'] },
          { op: 'Elu', nodes: ['a', 'b', 'c', 'd', 'e'] },
          { op: 'Conv2D with data_format NCHW', nodes: ['nchw'] },
        ],
      },
    });
  });

  const w = floats('w', [1, 1, 3, 3], Array<number>(9).fill(1));
  const conv = { strides: [1, 1, 1, 1], padding: 'SAME' } as const;
  const pool = { ksize: [1, 1, 1, 1], strides: [1, 1, 1, 1], padding: 'SAME' } as const;
  const statistics = ['a', 'b', 'c', 'd'].map((name) => floats(name, [3], [1, 1, 1]));
  const half = node('c', 'Const', [], { value: { tensor: tensor([3], [1, 1, 1], { dtype: 19, as: 'listed' }) } });

  it.each([
    ['Placeholder', [node('keep', 'Placeholder'), node('y', 'Mul', ['input', 'keep'])], 'keep'],
    ['Const of this element type', [half, node('y', 'Mul', ['input', 'c'])], 'c'],
    ['Switch', [floats('p', [], [1]), node('s', 'Switch', ['input', 'p']), node('y', 'Relu', ['s'])], 's'],
    [
      'FusedBatchNorm in training',
      [...statistics, node('y', 'FusedBatchNorm', ['input', 'a', 'b', 'c', 'd'], { is_training: true })],
      'y',
    ],
    [
      'output 2 of "n"',
      [...statistics, node('n', 'FusedBatchNorm', ['input', 'a', 'b', 'c', 'd']), node('y', 'Relu', ['n:1'])],
      'y',
    ],
    ['Conv2D with padding EXPLICIT', [w, node('y', 'Conv2D', ['input', 'w'], { ...conv, padding: 'EXPLICIT' })], 'y'],
    [
      'Conv2D with strides over batch or channels',
      [w, node('y', 'Conv2D', ['input', 'w'], { ...conv, strides: [1, 1, 1, 2] })],
      'y',
    ],
    ['Conv2D with a computed input 2', [node('y', 'Conv2D', ['input', 'input'], conv)], 'y'],
    ['MaxPool of constants', [w, node('y', 'MaxPool', ['w'], pool)], 'y'],
    [
      'RealDiv of a constant by an activation',
      [floats('c', [3], [1, 1, 1]), node('y', 'RealDiv', ['c', 'input'])],
      'y',
    ],
    ['Mul with a constant of shape [2, 1]', [floats('c', [2, 1], [1, 1]), node('y', 'Mul', ['input', 'c'])], 'y'],
    [
      'Mul with the size of the batch',
      [
        node('s', 'Shape', ['input']),
        ints('zero', [0]),
        ints('one', [1]),
        node('n', 'Slice', ['s', 'zero', 'one']),
        node('y', 'Mul', ['input', 'n']),
      ],
      'y',
    ],
    ['Mean over the batch', [ints('axis', 0), node('y', 'Mean', ['input', 'axis'])], 'y'],
    ['Mean over rows or columns alone', [ints('axis', 1), node('y', 'Mean', ['input', 'axis'])], 'y'],
    ['ConcatV2 along the batch', [ints('axis', 0), node('y', 'ConcatV2', ['input', 'input', 'axis'])], 'y'],
    ['Reshape of the batch', [ints('one', [1, 3]), node('y', 'Reshape', ['input', 'one'])], 'y'],
    [
      'Add of constants of more than 8192 values',
      [
        floats('c', [9000], Array<number>(9000).fill(0)),
        node('s', 'Add', ['c', 'c']),
        node('y', 'Add', ['input', 's']),
      ],
      's',
    ],
  ] as [string, Uint8Array[], string][])('says so of %s', (op, nodes, name) => {
    expect(importFailure([imagePlaceholder, ...nodes, ...flatten])).toEqual({
      code: 'unsupported_graph',
      message: `the graph uses what cannot be converted: ${op} (${name})`,
      details: { operators: [{ op, nodes: [name] }] },
    });
  });
});
