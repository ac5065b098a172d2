import { describe, expect, it } from 'vitest';
import { centred, meanOf, withMirrored } from '../../../../src/shared/statistics/vectors.js';

const vector = (...values: number[]) => Float32Array.from(values);
const close = (...values: number[]) => values.map((value) => expect.closeTo(value, 6) as number);

describe('withMirrored', () => {
  it('concatenates on the scale of one embedding', () => {
    const both = withMirrored(vector(1, 0), vector(0, 1), 'concat');
    expect([...both]).toEqual(close(Math.SQRT1_2, 0, 0, Math.SQRT1_2));
  });

  it('averages, and keeps the length', () => {
    expect([...withMirrored(vector(1, 0), vector(0, 1), 'average')]).toEqual(close(Math.SQRT1_2, Math.SQRT1_2));
    expect([...withMirrored(vector(3, 0), vector(0, 3), 'average')]).toEqual(close(3 * Math.SQRT1_2, 3 * Math.SQRT1_2));
    expect([...withMirrored(vector(1, 0), vector(-1, 0), 'average')]).toEqual([0, 0]);
  });
});

describe('meanOf and centred', () => {
  it('takes the mean away and brings the rest to unit length', () => {
    const mean = meanOf([vector(1, 2), vector(3, 6)]);
    expect([...mean]).toEqual([2, 4]);
    expect([...centred(vector(5, 8), mean)]).toEqual(close(0.6, 0.8));
  });

  it('leaves the mean itself as nothing', () => {
    expect([...centred(vector(2, 4), Float64Array.of(2, 4))]).toEqual([0, 0]);
  });
});
