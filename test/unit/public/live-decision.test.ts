import { describe, expect, it } from 'vitest';
import { changesUnder, histogram } from '../../../public/js/live/changes.js';
import { decide, nameWithin } from '../../../public/js/live/decision.js';

const ada = (distance: number, runnerUp: { name: string; distance: number } | null = null) => ({
  name: distance <= 0.6 ? 'Ada' : null,
  nearest: 'Ada',
  distance,
  runnerUp,
  trained: false,
});
const nobody = { name: null, nearest: null, distance: null, runnerUp: null, trained: false };

describe('a decision under the server’s threshold', () => {
  it.each([
    [0.3, 'known', 'Ada', null],
    [0.53, 'known', 'Ada', null],
    [0.55, 'doubtful', 'Ada', 'edge'],
    [0.6, 'doubtful', 'Ada', 'edge'],
    [0.61, 'doubtful', null, 'edge'],
    [0.67, 'unknown', null, null],
    [1.2, 'unknown', null, null],
  ])('at distance %d of 0.6 is %s', (distance, certainty, name, doubt) => {
    const sighting = ada(distance);
    expect(decide(sighting.name, sighting, 0.6)).toEqual({ certainty, name, doubt });
  });

  it('is doubtful where somebody else is almost as near', () => {
    const doubtful = { certainty: 'doubtful', name: 'Ada', doubt: 'runnerUp' };
    expect(decide('Ada', ada(0.3, { name: 'Grace', distance: 0.35 }), 0.6)).toEqual(doubtful);
    expect(decide('Ada', ada(0.3, { name: 'Grace', distance: 0.37 }), 0.6).certainty).toBe('known');
  });

  it('does not doubt that both of two far people are somebody else', () => {
    expect(decide(null, ada(0.9, { name: 'Grace', distance: 0.91 }), 0.6).certainty).toBe('unknown');
  });

  it('is unknown while nobody is enrolled', () => {
    expect(decide(null, nobody, 0.6)).toEqual({ certainty: 'unknown', name: null, doubt: null });
  });

  it('doubts the name of a face that the edge of the picture cuts', () => {
    const cut = { ...ada(0.3), cutOff: true };
    expect(decide('Ada', cut, 0.6)).toEqual({ certainty: 'doubtful', name: 'Ada', doubt: 'cutOff' });
    expect(decide(null, { ...ada(0.9), cutOff: true }, 0.6).certainty).toBe('unknown');
  });

  it('leaves the name to a trained matcher', () => {
    expect(decide('Grace', ada(0.3), 0.6)).toEqual({ certainty: 'known', name: 'Grace', doubt: null });
    expect(decide(null, ada(0.3), 0.6)).toEqual({ certainty: 'unknown', name: null, doubt: null });
  });
});

describe('the name within a threshold', () => {
  it('is the nearest person’s, at the threshold itself too, as the server says', () => {
    expect(nameWithin(ada(0.6), 0.6)).toBe('Ada');
    expect(nameWithin(ada(0.6001), 0.6)).toBeNull();
    expect(nameWithin(ada(0.8), 0.9)).toBe('Ada');
    expect(nameWithin(nobody, 2)).toBeNull();
  });

  it('is what a trained matcher said, or nothing', () => {
    expect(nameWithin({ ...ada(0.3), name: 'Grace', trained: true }, 0.3)).toBe('Grace');
    expect(nameWithin({ ...ada(0.3), name: 'Grace', trained: true }, 0.29)).toBeNull();
    expect(nameWithin({ ...ada(0.3), name: null, trained: true }, 0.9)).toBeNull();
  });
});

describe('what another threshold changes', () => {
  const grace = (distance: number) => ({ ...ada(distance), name: distance <= 0.6 ? 'Grace' : null, nearest: 'Grace' });
  const sightings = [ada(0.3), ada(0.65), grace(0.5), grace(0.55), grace(0.69), grace(0.68), grace(0.9)];

  it('is counted by person when it is raised, the most first', () => {
    expect(changesUnder(sightings, 0.7)).toEqual([
      { from: null, to: 'Grace', count: 2 },
      { from: null, to: 'Ada', count: 1 },
    ]);
  });

  it('takes names away when it is lowered', () => {
    expect(changesUnder(sightings, 0.2)).toEqual([
      { from: 'Grace', to: null, count: 2 },
      { from: 'Ada', to: null, count: 1 },
    ]);
  });

  it('is nothing at the server’s own threshold or in an empty gallery', () => {
    expect(changesUnder(sightings, 0.6)).toEqual([]);
    expect(changesUnder([nobody], 2)).toEqual([]);
  });
});

describe('the histogram of distances', () => {
  it('counts each in its part, those beyond the range at its ends, and none without a distance', () => {
    const distances = [0.1, 0.41, 0.49, 0.51, 0.79, 0.81, 1.4, null].map((distance) => ({ distance }));
    expect(histogram(distances, { min: 0.4, max: 0.8, bins: 4 })).toEqual([3, 1, 0, 3]);
  });
});
