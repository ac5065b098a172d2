import { describe, expect, it } from 'vitest';
import { euclideanDistance, NearestMatcher } from '../../src/match/nearest.js';

const example = (...values: number[]) => ({ embedding: Float32Array.from(values) });

function galleryOf(people: Record<string, { embedding: Float32Array }[]>) {
  return {
    version: 1,
    list: Object.entries(people).map(([name, examples]) => ({ name, examples })),
    people() {
      return this.list;
    },
  };
}

describe('euclideanDistance', () => {
  it('is the plain distance, not its square', () => {
    expect(euclideanDistance(Float32Array.of(0, 0), Float32Array.of(3, 4))).toBe(5);
  });

  it('refuses embeddings of different lengths', () => {
    expect(() => euclideanDistance(Float32Array.of(0), Float32Array.of(3, 4))).toThrow(/1 and 2 values/);
  });
});

describe('NearestMatcher', () => {
  const gallery = galleryOf({
    Ada: [example(0, 0), example(10, 0)],
    Grace: [example(0, 5)],
    Hedy: [example(0, 1), example(0, 2)],
  });

  it('names the person of the nearest example and tells the runner-up person', () => {
    const match = new NearestMatcher(gallery).match(Float32Array.of(0, 1.1), 0.5);
    expect(match).toMatchObject({ name: 'Hedy', nearest: 'Hedy', runnerUp: { name: 'Ada' } });
    expect(match.distance).toBeCloseTo(0.1, 6);
    expect(match.runnerUp?.distance).toBeCloseTo(1.1, 6);
    expect(match.margin).toBeCloseTo(1, 6);
  });

  it('says unknown over the threshold, and who was nearest all the same', () => {
    const match = new NearestMatcher(gallery).match(Float32Array.of(0, 100), 0.5);
    expect(match).toMatchObject({ name: null, nearest: 'Grace', distance: 95 });
  });

  it('takes the threshold itself as within', () => {
    expect(new NearestMatcher(gallery).match(Float32Array.of(13, 4), 5).name).toBe('Ada');
    expect(new NearestMatcher(gallery).match(Float32Array.of(13, 4), 4.999).name).toBeNull();
  });

  it('has nothing to say in an empty gallery', () => {
    expect(new NearestMatcher(galleryOf({})).match(Float32Array.of(1, 0), 1)).toEqual({
      name: null,
      nearest: null,
      distance: null,
      runnerUp: null,
      margin: null,
    });
  });

  it('has no runner-up among one person', () => {
    const match = new NearestMatcher(galleryOf({ Ada: [example(0, 0), example(0, 1)] })).match(
      Float32Array.of(0, 0),
      1,
    );
    expect(match).toMatchObject({ name: 'Ada', runnerUp: null, margin: null });
  });

  it('sees a change of the gallery', () => {
    const changing = galleryOf({ Ada: [example(0, 0)] });
    const matcher = new NearestMatcher(changing);
    expect(matcher.match(Float32Array.of(9, 0), 1).name).toBeNull();
    changing.list.push({ name: 'Grace', examples: [example(9, 0)] });
    changing.version++;
    expect(matcher.match(Float32Array.of(9, 0), 1).name).toBe('Grace');
  });

  it('refuses an embedding of another length', () => {
    expect(() => new NearestMatcher(gallery).match(Float32Array.of(1), 1)).toThrow(
      /1 values cannot be searched among rows of 2/,
    );
  });
});
