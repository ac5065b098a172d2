import { describe, expect, it } from 'vitest';
import { floats, ints, node } from '../../../../helpers/graphdef-writer.js';
import { imagePlaceholder, importFailure } from '../../../../helpers/run-graphdef.js';

const flatten = [ints('flat', [-1, 3]), node('embeddings', 'Reshape', ['y', 'flat'])];

describe('a graph that contradicts itself', () => {
  const w = floats('w', [1, 1, 4, 3], Array<number>(12).fill(1));
  const conv = { strides: [1, 1, 1, 1], padding: 'VALID' } as const;
  const chain = Array.from({ length: 25 }, (_, i) =>
    node(i === 24 ? 'y' : `c${i}`, 'ConcatV2', [...Array<string>(2).fill(i === 0 ? 'input' : `c${i - 1}`), 'axis']),
  );

  it.each([
    ['without the input', [node('y', 'Relu', ['x'])], 'it has no node "input"'],
    ['without the output', [imagePlaceholder], 'it has no node "embeddings"'],
    [
      'with a missing node',
      [imagePlaceholder, node('y', 'Relu', ['x']), ...flatten],
      'node "y" needs "x", which it lacks',
    ],
    [
      'with a circle',
      [imagePlaceholder, node('a', 'Relu', ['y']), node('y', 'Relu', ['a']), ...flatten],
      'its node "y" depends on itself',
    ],
    [
      'with a circle of runs only',
      [imagePlaceholder, node('y', 'Relu', ['input', '^embeddings']), ...flatten],
      'its node "embeddings" depends on itself',
    ],
    [
      'that does not look at its input',
      [imagePlaceholder, floats('y', [3], [1, 2, 3]), ...flatten],
      '"embeddings" does not depend on "input"',
    ],
    [
      'whose output is an image',
      [imagePlaceholder, node('embeddings', 'Relu', ['input'])],
      '"embeddings" is not one vector per image',
    ],
    [
      'whose output is for training only',
      [
        imagePlaceholder,
        node('phase_train', 'Placeholder'),
        node('s', 'Switch', ['input', 'phase_train']),
        node('y', 'Relu', ['s:1']),
        ...flatten,
      ],
      '"embeddings" is only computed in training',
    ],
    [
      'with an operator without inputs',
      [imagePlaceholder, node('y', 'Relu'), ...flatten],
      'node "y" (Relu) has 0 inputs, which are too few',
    ],
    [
      'with a ConcatV2 of nothing',
      [imagePlaceholder, node('y', 'ConcatV2'), ...flatten],
      'node "y" (ConcatV2) has 0 inputs, which are too few',
    ],
    [
      'with an Identity of nothing',
      [imagePlaceholder, node('y', 'Identity'), ...flatten],
      'node "y" (Identity) has no input',
    ],
    [
      'with a Switch of one',
      [imagePlaceholder, node('y', 'Switch', ['input']), ...flatten],
      'node "y" (Switch) has 1 inputs, not 2',
    ],
    [
      'with a Const of nothing',
      [imagePlaceholder, node('c', 'Const'), node('y', 'Mul', ['input', 'c']), ...flatten],
      'node "c" (Const) has no value',
    ],
    [
      'with weights for other channels',
      [imagePlaceholder, w, node('y', 'Conv2D', ['input', 'w'], conv), ...flatten],
      'node "y" (Conv2D) has weights for 4 channels but gets 3',
    ],
    [
      'with weights of other dimensions',
      [
        imagePlaceholder,
        floats('v', [3, 3], Array<number>(9).fill(0)),
        node('y', 'Conv2D', ['input', 'v'], conv),
        ...flatten,
      ],
      'node "y" (Conv2D) has weights of 2 dimensions, not 4',
    ],
    [
      'with a kernel larger than its image',
      [
        imagePlaceholder,
        floats('v', [2, 2, 3, 3], Array<number>(36).fill(0)),
        node('y', 'Conv2D', ['input', 'v'], conv),
        ...flatten,
      ],
      'node "y" (Conv2D) has a kernel that is larger than its image',
    ],
    [
      'with a stride of nothing',
      [imagePlaceholder, node('y', 'MaxPool', ['input'], { ...conv, strides: [1, 0, 1, 1] }), ...flatten],
      'node "y" (MaxPool) has strides outside of 1 to 4096',
    ],
    [
      'with a matrix product of an image',
      [imagePlaceholder, w, node('y', 'MatMul', ['input', 'w']), ...flatten],
      'node "y" (MatMul) needs 2 dimensions, not 4',
    ],
    [
      'with an impossible reshape',
      [imagePlaceholder, ints('two', [-1, 2]), node('y', 'Reshape', ['input', 'two']), ...flatten],
      'node "y" (Reshape) cannot give 3 values the shape [2]',
    ],
    [
      'with an axis too many',
      [imagePlaceholder, ints('axis', 4), node('y', 'Sum', ['input', 'axis']), ...flatten],
      'node "y" (Sum) uses the axis 4 of 4 dimensions',
    ],
    [
      'with statistics of another length',
      [
        imagePlaceholder,
        floats('c', [2], [1, 1]),
        node('y', 'FusedBatchNorm', ['input', 'c', 'c', 'c', 'c']),
        ...flatten,
      ],
      'node "y" (FusedBatchNorm) normalises 3 channels with 2 values',
    ],
    [
      'with a slice outside of its list',
      [
        imagePlaceholder,
        node('s', 'Shape', ['input']),
        ints('nine', [9]),
        node('y', 'Slice', ['s', 'nine', 'nine']),
        node('embeddings', 'Reshape', ['input', 'y']),
      ],
      'node "y" (Slice) slices outside of its list',
    ],
    [
      'that doubles and doubles',
      [imagePlaceholder, ints('axis', 3), ...chain, ...flatten],
      'it is wider than any known graph',
    ],
  ] as [string, Uint8Array[], string][])('%s is refused', (_title, nodes, reason) => {
    expect(importFailure(nodes)).toEqual({
      code: 'bad_model_file',
      message: `not a usable TensorFlow graph: ${reason}`,
    });
  });

  it('that uses the same weights over and over is refused before it fills the memory', () => {
    const wide = floats('w', [3, 3, 3, 3000], Array<number>(81_000).fill(0));
    const convs = Array.from({ length: 400 }, (_, i) =>
      node(`c${i}`, 'Conv2D', ['input', 'w'], { ...conv, padding: 'SAME' }),
    );
    const sums = convs
      .slice(1)
      .map((_, i) => node(i === 398 ? 'y' : `s${i + 1}`, 'Add', [i === 0 ? 'c0' : `s${i}`, `c${i + 1}`]));
    const nodes = [
      imagePlaceholder,
      wide,
      ...convs,
      ...sums,
      ints('flat', [-1, 3000]),
      node('embeddings', 'Reshape', ['y', 'flat']),
    ];
    expect(importFailure(nodes)).toEqual({
      code: 'bad_model_file',
      message: 'not a usable TensorFlow graph: it uses its weights more often than any known graph',
    });
  });
});
