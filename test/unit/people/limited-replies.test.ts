import { describe, expect, it } from 'vitest';
import type { Match } from '../../../src/matching/matcher.js';
import { limitMatch, thresholdOf } from '../../../src/people/naming.js';

const ADA: Match = {
  name: 'Ada',
  nearest: 'Ada',
  distance: 0.31234,
  runnerUp: { name: 'Bea', distance: 0.56789 },
  margin: 0.25555,
};

describe('the match of a limited reply', () => {
  it('has three decimals', () => {
    expect(limitMatch({ ...ADA, probability: 0.98765 }, 0.6)).toEqual({
      ...ADA,
      distance: 0.312,
      runnerUp: { name: 'Bea', distance: 0.568 },
      margin: 0.256,
      probability: 0.988,
    });
  });

  it('has no person beyond the threshold', () => {
    expect(limitMatch(ADA, 0.4)).toEqual({ ...ADA, distance: 0.312, runnerUp: null, margin: null });
    const nobody = { name: null, nearest: null, distance: null, runnerUp: null, margin: null };
    expect(limitMatch({ ...ADA, name: null, probability: 0.1 }, 0.3)).toEqual(nobody);
    expect(limitMatch(nobody, 0.3)).toEqual(nobody);
    expect(limitMatch({ ...nobody, excluded: ['Ada'] }, 0.3)).toEqual(nobody);
  });

  it('keeps the person who is named, also where a live session holds the name a little beyond the threshold', () => {
    expect(limitMatch(ADA, 0.3)).toMatchObject({ name: 'Ada', nearest: 'Ada', distance: 0.312, runnerUp: null });
    expect(limitMatch({ ...ADA, name: 'Bea' }, 0.3)).toMatchObject({ name: 'Bea', nearest: null, distance: null });
  });
});

describe('the threshold of a limited request', () => {
  it('can be lowered to three decimals, and not raised', () => {
    expect(thresholdOf({ limited: true, threshold: 0.57 }, 0.6)).toBe(0.57);
    expect(thresholdOf({ limited: true, threshold: 0.57049 }, 0.6)).toBe(0.57);
    expect(thresholdOf({ limited: true, threshold: 2 }, 0.6)).toBe(0.6);
    expect(thresholdOf({ limited: true }, 0.6)).toBe(0.6);
    expect(thresholdOf({ threshold: 2 }, 0.6)).toBe(2);
  });
});
