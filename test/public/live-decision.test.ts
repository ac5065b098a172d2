import { describe, expect, it } from 'vitest';
import { changesBetween, histogram } from '../../public/js/live/changes.js';
import { decide, nameWithin } from '../../public/js/live/decision.js';

const ada = (distance: number, runnerUp: { name: string; distance: number } | null = null) => ({
  name: null,
  nearest: 'Ada',
  distance,
  runnerUp,
});

describe('a decision under a threshold', () => {
  it.each([
    [0.3, 'known', 'Ada', null],
    [0.53, 'known', 'Ada', null],
    [0.55, 'doubtful', 'Ada', 'edge'],
    [0.6, 'doubtful', 'Ada', 'edge'],
    [0.61, 'doubtful', null, 'edge'],
    [0.67, 'unknown', null, null],
    [1.2, 'unknown', null, null],
  ])('at distance %d of 0.6 is %s', (distance, certainty, name, doubt) => {
    expect(decide(ada(distance), 0.6)).toEqual({ certainty, name, doubt });
  });

  it('is doubtful where somebody else is almost as near', () => {
    expect(decide(ada(0.3, { name: 'Grace', distance: 0.35 }), 0.6)).toEqual({
      certainty: 'doubtful',
      name: 'Ada',
      doubt: 'runnerUp',
    });
    expect(decide(ada(0.3, { name: 'Grace', distance: 0.37 }), 0.6).certainty).toBe('known');
  });

  it('does not doubt that both of two far people are somebody else', () => {
    expect(decide(ada(0.9, { name: 'Grace', distance: 0.91 }), 0.6).certainty).toBe('unknown');
  });

  it('is unknown while nobody is enrolled', () => {
    const nobody = { name: null, nearest: null, distance: null, runnerUp: null };
    expect(decide(nobody, 0.6)).toEqual({ certainty: 'unknown', name: null, doubt: null });
    expect(nameWithin(nobody, 2)).toBeNull();
  });

  it('names at the threshold itself, as the server does', () => {
    expect(nameWithin(ada(0.6), 0.6)).toBe('Ada');
    expect(nameWithin(ada(0.6001), 0.6)).toBeNull();
  });
});

describe('what another threshold changes', () => {
  const grace = (distance: number) => ({ ...ada(distance), nearest: 'Grace' });
  const sightings = [ada(0.3), ada(0.65), grace(0.62), grace(0.7), grace(0.69), grace(0.9)];

  it('is counted by person when it is raised, the most first', () => {
    expect(changesBetween(sightings, 0.6, 0.7)).toEqual([
      { from: null, to: 'Grace', count: 3 },
      { from: null, to: 'Ada', count: 1 },
    ]);
  });

  it('takes names away when it is lowered', () => {
    expect(changesBetween(sightings, 0.7, 0.2)).toEqual([
      { from: 'Grace', to: null, count: 3 },
      { from: 'Ada', to: null, count: 2 },
    ]);
  });

  it('is nothing between equal thresholds or in an empty gallery', () => {
    expect(changesBetween(sightings, 0.6, 0.6)).toEqual([]);
    expect(changesBetween([{ nearest: null, distance: null }], 0.1, 2)).toEqual([]);
  });
});

describe('the histogram of distances', () => {
  it('counts each in its part, those beyond the range at its ends, and none without a distance', () => {
    const distances = [0.1, 0.41, 0.49, 0.51, 0.79, 0.81, 1.4, null].map((distance) => ({ distance }));
    expect(histogram(distances, { min: 0.4, max: 0.8, bins: 4 })).toEqual([3, 1, 0, 3]);
  });
});
