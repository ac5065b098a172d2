import { describe, expect, it } from 'vitest';
import { floats, ints, node } from '../../../../helpers/graphdef-writer.js';
import { runOnImage } from '../../../../helpers/run-graphdef.js';

const ONES = [1, 1, 1, 1];
const TWOS = [1, 2, 2, 1];

describe('operators on images', () => {
  const channelSum = floats(
    'w',
    [3, 3, 3, 1],
    Array.from({ length: 27 }, (_, i) => (i % 3 === 0 ? 1 : 0)),
  );
  const counted = (y: number, x: number, channel: number): number => (channel === 0 ? 4 * y + x : -1);

  it.each([
    // 4x4 pixels 0..15, 3x3 kernel of ones, stride 2: SAME pads one row and column, all of it behind.
    ['SAME', [45, 39, 66, 50]],
    ['VALID', [45]],
  ])('Conv2D, %s, stride 2', async (padding, y) => {
    const nodes = [channelSum, node('y', 'Conv2D', ['input', 'w'], { strides: TWOS, padding })];
    expect(await runOnImage(nodes, 4, y.length, counted)).toEqual(y);
  });

  it('Conv2D with a kernel, channels and outputs of different sizes', async () => {
    // weights[0, x, channel, out] = 100x + 10 channel + out over the pixels (y, x) = 1000y + x, all channels alike.
    const weights = Array.from(
      { length: 12 },
      (_, i) => 100 * Math.floor(i / 6) + 10 * (Math.floor(i / 2) % 3) + (i % 2),
    );
    const nodes = [
      floats('w', [1, 2, 3, 2], weights),
      node('y', 'Conv2D', ['input', 'w'], { strides: ONES, padding: 'VALID' }),
    ];
    // By hand, out 0: left pixel * (0 + 10 + 20) + right pixel * (100 + 110 + 120); out 1 has 3 more in each.
    const at = (y: number, x: number, out: number): number =>
      (1000 * y + x) * (30 + 3 * out) + (1000 * y + x + 1) * (330 + 3 * out);
    expect(await runOnImage(nodes, 3, 12, (y, x) => 1000 * y + x)).toEqual(
      [0, 1, 2].flatMap((y) => [0, 1].flatMap((x) => [at(y, x, 0), at(y, x, 1)])),
    );
  });

  it('Conv2D with dilations', async () => {
    const nodes = [
      floats('w', [2, 2, 3, 1], [1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0]),
      node('y', 'Conv2D', ['input', 'w'], { strides: ONES, dilations: TWOS, padding: 'VALID' }),
    ];
    expect(await runOnImage(nodes, 4, 4, counted)).toEqual([
      0 + 2 + 8 + 10,
      1 + 3 + 9 + 11,
      4 + 6 + 12 + 14,
      5 + 7 + 13 + 15,
    ]);
  });

  it.each([
    ['MaxPool', 'SAME', [10, 11, 14, 15]],
    ['MaxPool', 'VALID', [10]],
    // Averages over the pixels that are there: 45/9, 39/6, 66/6, 50/4.
    ['AvgPool', 'SAME', [5, 6.5, 11, 12.5]],
    ['AvgPool', 'VALID', [5]],
  ])('%s, %s, 3x3 at stride 2', async (op, padding, y) => {
    const nodes = [node('y', op, ['input'], { ksize: [1, 3, 3, 1], strides: TWOS, padding })];
    const interleaved = y.flatMap((value) => [value, -1, -1]);
    expect(await runOnImage(nodes, 4, interleaved.length, counted)).toEqual(interleaved);
  });

  it('ConcatV2 of channels, and of rows', async () => {
    const pixel = (y: number, x: number, channel: number): number => 100 * y + 10 * x + channel;
    const double = [floats('two', [], [2]), node('doubled', 'Mul', ['input', 'two'])];
    const channels = [...double, ints('axis', 3), node('y', 'ConcatV2', ['input', 'doubled', 'axis'])];
    expect((await runOnImage(channels, 2, 24, pixel)).slice(6, 12)).toEqual([10, 11, 12, 20, 22, 24]);
    const rows = [...double, ints('axis', 1), node('y', 'ConcatV2', ['input', 'doubled', 'axis'])];
    expect((await runOnImage(rows, 2, 24, pixel)).slice(6, 18)).toEqual([
      100, 101, 102, 110, 111, 112, 0, 2, 4, 20, 22, 24,
    ]);
  });

  it('a constant a channel', async () => {
    const nodes = [
      floats('c', [1, 1, 1, 3], [1, 10, 100]),
      node('scaled', 'Mul', ['input', 'c']),
      floats('floor', [3], [0, 20, 0]),
      node('y', 'Maximum', ['scaled', 'floor']),
    ];
    expect(await runOnImage(nodes, 2, 12, (y, x) => 2 * y + x)).toEqual([0, 20, 0, 1, 20, 100, 2, 20, 200, 3, 30, 300]);
  });

  it('Mean over the pixels, with and without keeping them', async () => {
    for (const keep of [true, false]) {
      const nodes = [ints('axes', [1, 2]), node('y', 'Mean', ['input', 'axes'], { keep_dims: keep })];
      expect(await runOnImage(nodes, 2, 3, (y, x, channel) => 2 * y + x + 10 * channel)).toEqual([1.5, 11.5, 21.5]);
    }
  });

  it('Sum over the channels alone', async () => {
    const nodes = [ints('axis', 3), node('y', 'Sum', ['input', 'axis'], { keep_dims: false })];
    expect(await runOnImage(nodes, 2, 4, (y, x, channel) => 2 * y + x + 10 * channel)).toEqual([30, 33, 36, 39]);
  });

  it('Reshape to another image and back, in the order of rows, columns, channels', async () => {
    const nodes = [
      ints('wide', [-1, 1, 4, 3]),
      node('row', 'Reshape', ['input', 'wide']),
      floats('w', [1, 2, 3, 1], [1, 0, 0, 100, 0, 0]),
      node('y', 'Conv2D', ['row', 'w'], { strides: ONES, padding: 'VALID' }),
    ];
    expect(await runOnImage(nodes, 2, 3, (y, x) => 2 * y + x)).toEqual([100, 201, 302]);
  });
});

describe('flatten, its shape computed from the image', () => {
  const values = [0, 1, 2, 10, 11, 12, 100, 101, 102, 110, 111, 112];
  const pixel = (y: number, x: number, channel: number): number => 100 * y + 10 * x + channel;

  it('by Slice and Prod, as in 2017', async () => {
    const nodes = [
      node('shape', 'Shape', ['input'], { out_type: { int: 3 } }),
      ints('zero', [0]),
      ints('one', [1]),
      ints('rest', [-1]),
      node('batch', 'Slice', ['shape', 'zero', 'one']),
      node('sizes', 'Slice', ['shape', 'one', 'rest']),
      node('product', 'Prod', ['sizes', 'zero'], { keep_dims: false }),
      ints('axis', 0),
      node('expanded', 'ExpandDims', ['product', 'axis']),
      node('target', 'ConcatV2', ['batch', 'expanded', 'axis']),
      node('y', 'Reshape', ['input', 'target']),
    ];
    expect(await runOnImage(nodes, 2, 12, pixel)).toEqual(values);
  });

  it('by StridedSlice and Pack, as in 2018', async () => {
    const nodes = [
      node('shape', 'Shape', ['input']),
      ints('begin', [0]),
      ints('end', [1]),
      ints('strides', [1]),
      node('batch', 'StridedSlice', ['shape', 'begin', 'end', 'strides'], { shrink_axis_mask: { int: 1 } }),
      ints('minus', -1),
      node('target', 'Pack', ['batch', 'minus'], { axis: { int: 0 } }),
      node('y', 'Reshape', ['input', 'target']),
    ];
    expect(await runOnImage(nodes, 2, 12, pixel)).toEqual(values);
  });

  it('by a StridedSlice of the sizes, from the second to the end', async () => {
    const nodes = [
      node('shape', 'Shape', ['input']),
      ints('one', [1]),
      ints('ignored', [0]),
      node('sizes', 'StridedSlice', ['shape', 'one', 'ignored', 'one'], { end_mask: { int: 1 } }),
      ints('first', [0]),
      node('product', 'Prod', ['sizes', 'first'], { keep_dims: true }),
      ints('minus', [-1]),
      ints('axis', 0),
      node('target', 'ConcatV2', ['minus', 'product', 'axis']),
      node('y', 'Reshape', ['input', 'target']),
    ];
    expect(await runOnImage(nodes, 2, 12, pixel)).toEqual(values);
  });
});
