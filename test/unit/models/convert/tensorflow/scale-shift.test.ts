import { describe, expect, it } from 'vitest';
import {
  IDENTITY,
  compose,
  operationsOf,
  type Linear,
  type Operation,
} from '../../../../../src/models/convert/tensorflow/network.js';
import {
  foldScaleShift,
  hoistScaleShift,
  mergeReshapes,
} from '../../../../../src/models/convert/tensorflow/network-passes.js';

const input: Operation = { kind: 'input', name: 'input', inputs: [], dims: [null, 4] };
const linear: Linear = {
  kind: 'linear',
  name: 'linear',
  inputs: [input],
  dims: [null, 2],
  affine: IDENTITY,
  weightCount: 8,
  emit: () => 'linear',
};
const step = (name: string, source: Operation, scale: number[], shift: number[]): Operation => ({
  kind: 'scale-shift',
  name,
  inputs: [source],
  dims: source.dims,
  affine: { scale: Float64Array.from(scale), shift: Float64Array.from(shift) },
});
const reshape = (name: string, source: Operation, dims: Operation['dims']): Operation => ({
  kind: 'reshape',
  name,
  inputs: [source],
  dims,
});
const sum = (name: string, ...inputs: Operation[]): Operation => ({
  kind: 'plain',
  name,
  inputs,
  dims: inputs[0].dims,
  emit: () => name,
});
const kinds = (output: Operation): string[] => operationsOf(output).map(({ kind }) => kind);

describe('compose', () => {
  it('does the first step before the second', () => {
    const first = { scale: Float64Array.of(2, 3), shift: Float64Array.of(1, -1) };
    const second = { scale: Float64Array.of(10, 100), shift: Float64Array.of(5, 7) };
    expect(compose(first, second)).toEqual({ scale: Float64Array.of(20, 300), shift: Float64Array.of(15, -93) });
  });

  it('takes a missing scale for ones and a missing shift for zeros', () => {
    const shift = { scale: null, shift: Float64Array.of(1) };
    const scale = { scale: Float64Array.of(3), shift: null };
    expect(compose(shift, scale)).toEqual({ scale: Float64Array.of(3), shift: Float64Array.of(3) });
    expect(compose(scale, shift)).toEqual({ scale: Float64Array.of(3), shift: Float64Array.of(1) });
    expect(compose(IDENTITY, IDENTITY)).toEqual(IDENTITY);
  });
});

describe('foldScaleShift', () => {
  it('folds any number of steps into the layer in front', () => {
    const folded = foldScaleShift(step('b', step('a', linear, [2, 3], [1, 1]), [10, 10], [0, 5]));
    expect(folded).toMatchObject({
      kind: 'linear',
      name: 'b',
      affine: { scale: Float64Array.of(20, 30), shift: Float64Array.of(10, 15) },
    });
    expect(kinds(folded)).toEqual(['input', 'linear']);
  });

  it('leaves a layer alone that something else looks at, before or after the step', () => {
    const a = step('a', linear, [2, 3], [1, 1]);
    expect(kinds(foldScaleShift(sum('sum', a, linear)))).toEqual(['input', 'linear', 'scale-shift', 'plain']);
    const b = step('b', a, [2, 2], [0, 0]);
    expect(kinds(foldScaleShift(sum('sum', a, b)))).toEqual(['input', 'linear', 'scale-shift', 'plain']);
  });
});

describe('hoistScaleShift', () => {
  it('moves in front of reshapes that keep the channels', () => {
    const hoisted = hoistScaleShift(step('bn', reshape('pixel', linear, [null, 1, 1, 2]), [2, 3], [0, 0]));
    expect(hoisted).toMatchObject({ kind: 'reshape', name: 'bn', dims: [null, 1, 1, 2] });
    expect(hoisted.inputs[0]).toMatchObject({ kind: 'scale-shift', dims: [null, 2], inputs: [linear] });
  });

  it('stays behind one that changes them', () => {
    const step4 = step('bn', reshape('flat', { ...linear, dims: [null, 2, 2] }, [null, 4]), [1, 2, 3, 4], [0, 0, 0, 0]);
    expect(hoistScaleShift(step4)).toBe(step4);
  });
});

describe('mergeReshapes', () => {
  it('makes two into one, and a round trip into none', () => {
    const there = reshape('there', linear, [null, 1, 1, 2]);
    expect(mergeReshapes(reshape('on', there, [null, 1, 2]))).toMatchObject({ name: 'on', inputs: [linear] });
    expect(mergeReshapes(reshape('back', there, [null, 2]))).toBe(linear);
  });
});
