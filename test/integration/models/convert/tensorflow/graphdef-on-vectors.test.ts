import { describe, expect, it } from 'vitest';
import { floats, ints, node } from '../../../../helpers/graphdef-writer.js';
import { runOnVectors } from '../../../../helpers/run-graphdef.js';

const close = (expected: readonly number[]): unknown => expected.map((value) => expect.closeTo(value, 5) as number);

describe('operators on vectors', () => {
  it.each([
    ['Relu', [1, -2, 3], [1, 0, 3]],
    ['Square', [1, -2, 3], [1, 4, 9]],
    ['Sqrt', [1, 4, 9], [1, 2, 3]],
    ['Rsqrt', [1, 4, 16], [1, 0.5, 0.25]],
  ])('%s', async (op, x, y) => {
    expect((await runOnVectors([node('y', op, ['x'])], x)).data).toEqual(close(y));
  });

  it.each([
    ['Add', 'x', 'c', [11, 18, 33]],
    ['AddV2', 'c', 'x', [11, 18, 33]],
    ['Sub', 'x', 'c', [-9, -22, -27]],
    ['Sub', 'c', 'x', [9, 22, 27]],
    ['Mul', 'x', 'c', [10, -40, 90]],
    ['Mul', 'c', 'x', [10, -40, 90]],
    ['RealDiv', 'x', 'c', [0.1, -0.1, 0.1]],
    ['BiasAdd', 'x', 'c', [11, 18, 33]],
    ['Maximum', 'x', 'c', [10, 20, 30]],
    ['Minimum', 'c', 'x', [1, -2, 3]],
  ])('%s of %s and %s, a constant a channel', async (op, a, b, y) => {
    const nodes = [floats('c', [3], [10, 20, 30]), node('y', op, [a, b])];
    expect((await runOnVectors(nodes, [1, -2, 3])).data).toEqual(close(y));
  });

  it.each([
    ['Add', [6, 3, 8]],
    ['Sub', [-4, -7, -2]],
    ['Mul', [5, -10, 15]],
    ['RealDiv', [0.2, -0.4, 0.6]],
    ['Maximum', [5, 5, 5]],
    ['Minimum', [1, -2, 3]],
  ])('%s of x and one number', async (op, y) => {
    const nodes = [floats('c', [], [5]), node('y', op, ['x', 'c'])];
    expect((await runOnVectors(nodes, [1, -2, 3])).data).toEqual(close(y));
  });

  it.each([
    ['Add', [2, 2, 12]],
    ['Sub', [0, -6, -6]],
    ['Mul', [1, -8, 27]],
    ['RealDiv', [1, -0.5, 1 / 3]],
    ['Maximum', [1, 4, 9]],
    ['Minimum', [1, -2, 3]],
  ])('%s of two activations', async (op, y) => {
    const nodes = [node('squares', 'Square', ['x']), node('y', op, ['x', 'squares'])];
    expect((await runOnVectors(nodes, [1, -2, 3])).data).toEqual(close(y));
  });

  it.each([
    ['Sum', [2, 11]],
    ['Mean', [2 / 3, 11 / 3]],
    ['Prod', [-6, 40]],
  ])('%s over each vector of a batch', async (op, y) => {
    const nodes = [ints('axis', -1), node('y', op, ['x', 'axis'], { keep_dims: true })];
    const { data, dims } = await runOnVectors(nodes, [1, -2, 3, 4, 5, 2]);
    expect(dims).toEqual([2, 1]);
    expect(data).toEqual(close(y));
  });

  it('ConcatV2', async () => {
    const nodes = [node('squares', 'Square', ['x']), ints('axis', -1), node('y', 'ConcatV2', ['x', 'squares', 'axis'])];
    expect((await runOnVectors(nodes, [1, -2, 3, 4, 5, 6])).data).toEqual([1, -2, 3, 1, 4, 9, 4, 5, 6, 16, 25, 36]);
  });

  it('MatMul, its result scaled and shifted', async () => {
    const nodes = [
      floats('w', [3, 2], [1, 4, 2, 5, 3, 6]),
      node('product', 'MatMul', ['x', 'w']),
      floats('scale', [2], [10, -1]),
      node('scaled', 'Mul', ['product', 'scale']),
      floats('shift', [2], [0.5, 0.25]),
      node('y', 'Add', ['scaled', 'shift']),
    ];
    const { data, dims } = await runOnVectors(nodes, [1, 0, -1, 1, 1, 1]);
    expect(dims).toEqual([2, 2]);
    expect(data).toEqual(close([-19.5, 2.25, 60.5, -14.75]));
  });

  it('l2_normalize, whose epsilon keeps a zero vector zero', async () => {
    const nodes = [
      node('square', 'Square', ['x']),
      ints('axis', 1),
      node('sum', 'Sum', ['square', 'axis'], { keep_dims: true }),
      floats('epsilon', [], [1e-4]),
      node('bounded', 'Maximum', ['sum', 'epsilon']),
      node('rsqrt', 'Rsqrt', ['bounded']),
      node('y', 'Mul', ['x', 'rsqrt']),
    ];
    const { data } = await runOnVectors(nodes, [3, 0, -4, 0, 0, 0, 0.003, 0, 0]);
    expect(data).toEqual(close([0.6, 0, -0.8, 0, 0, 0, 0.3, 0, 0]));
  });

  it('FusedBatchNorm: (x - mean) / sqrt(variance + epsilon) * scale + offset', async () => {
    const nodes = [
      floats('scale', [3], [1, 2, 3]),
      floats('offset', [3], [0, 10, 20]),
      floats('mean', [3], [1, 2, 3]),
      floats('variance', [3], [3, 15, 0]),
      node('y', 'FusedBatchNormV3', ['x', 'scale', 'offset', 'mean', 'variance'], {
        epsilon: { float: 1 },
        is_training: false,
      }),
    ];
    expect((await runOnVectors(nodes, [5, 6, 7])).data).toEqual(close([2, 12, 32]));
  });

  it('ExpandDims and Squeeze', async () => {
    const nodes = [
      ints('axis', 1),
      node('image', 'ExpandDims', ['x', 'axis']),
      node('y', 'Squeeze', ['image'], { squeeze_dims: [1] }),
    ];
    expect((await runOnVectors(nodes, [1, 2, 3])).data).toEqual([1, 2, 3]);
  });

  it('Identity, StopGradient and CheckNumerics hand on', async () => {
    const nodes = [
      node('a', 'Identity', ['x']),
      node('b', 'StopGradient', ['a']),
      node('y', 'CheckNumerics', ['b'], { message: 'm' }),
    ];
    expect((await runOnVectors(nodes, [1, 2, 3])).data).toEqual([1, 2, 3]);
  });
});

describe('arithmetic on constants', () => {
  it('broadcasts and folds it before the graph runs', async () => {
    const nodes = [
      floats('column', [2, 1], [1, 2]),
      floats('row', [2], [10, 20]),
      node('sum', 'Add', ['column', 'row']),
      node('square', 'Square', ['sum']),
      floats('half', [], [0.5]),
      node('halved', 'Mul', ['square', 'half']),
      ints('shape', [4]),
      node('list', 'Reshape', ['halved', 'shape']),
      ints('axis', [0]),
      node('total', 'Sum', ['list', 'axis'], { keep_dims: false }),
      node('y', 'Sub', ['x', 'total']),
    ];
    const total = (11 ** 2 + 21 ** 2 + 12 ** 2 + 22 ** 2) / 2;
    expect((await runOnVectors(nodes, [0, 600, 1000])).data).toEqual(close([-total, 600 - total, 1000 - total]));
  });
});
