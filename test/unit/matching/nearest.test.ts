import { describe, expect, it } from 'vitest';
import type { ExampleDetails } from '../../../src/gallery/gallery.js';
import { type Among, euclideanDistance } from '../../../src/matching/matcher.js';
import { NearestMatcher } from '../../../src/matching/nearest.js';
import { matchOf } from '../../helpers/match-of.js';

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

  it('names the person of the nearest example and tells the runner-up person', async () => {
    const match = await matchOf(new NearestMatcher(gallery), Float32Array.of(0, 1.1), 0.5);
    expect(match).toMatchObject({ name: 'Hedy', nearest: 'Hedy', runnerUp: { name: 'Ada' } });
    expect(match.distance).toBeCloseTo(0.1, 6);
    expect(match.runnerUp?.distance).toBeCloseTo(1.1, 6);
    expect(match.margin).toBeCloseTo(1, 6);
  });

  it('says unknown over the threshold, and who was nearest all the same', async () => {
    const match = await matchOf(new NearestMatcher(gallery), Float32Array.of(0, 100), 0.5);
    expect(match).toMatchObject({ name: null, nearest: 'Grace', distance: 95 });
  });

  it('takes the threshold itself as within', async () => {
    const matcher = new NearestMatcher(gallery);
    expect((await matchOf(matcher, Float32Array.of(13, 4), 5)).name).toBe('Ada');
    expect((await matchOf(matcher, Float32Array.of(13, 4), 4.999)).name).toBeNull();
  });

  it('has nothing to say in an empty gallery', async () => {
    expect(await matchOf(new NearestMatcher(galleryOf({})), Float32Array.of(1, 0), 1)).toEqual({
      name: null,
      nearest: null,
      distance: null,
      runnerUp: null,
      margin: null,
    });
  });

  it('has no runner-up among one person', async () => {
    const alone = new NearestMatcher(galleryOf({ Ada: [example(0, 0), example(0, 1)] }));
    const match = await matchOf(alone, Float32Array.of(0, 0), 1);
    expect(match).toMatchObject({ name: 'Ada', runnerUp: null, margin: null });
  });

  it('sees a change of the gallery', async () => {
    const changing = galleryOf({ Ada: [example(0, 0)] });
    const matcher = new NearestMatcher(changing);
    expect((await matchOf(matcher, Float32Array.of(9, 0), 1)).name).toBeNull();
    changing.list.push({ name: 'Grace', examples: [example(9, 0)] });
    changing.version++;
    expect((await matchOf(matcher, Float32Array.of(9, 0), 1)).name).toBe('Grace');
  });

  it('refuses an embedding of another length', async () => {
    await expect(matchOf(new NearestMatcher(gallery), Float32Array.of(1), 1)).rejects.toThrow(
      /1 values cannot be searched among rows of 2/,
    );
  });

  it('answers as if those were not enrolled whom a face cannot be', async () => {
    const question = { embedding: Float32Array.of(0, 1.1), excluded: new Set(['Hedy', 'Ada']) };
    const [first, second] = await new NearestMatcher(gallery).match([question, { embedding: question.embedding }], 4);
    expect(first).toMatchObject({ name: 'Grace', nearest: 'Grace', runnerUp: null, margin: null });
    expect(first.distance).toBeCloseTo(3.9, 6);
    expect(second.name).toBe('Hedy');
  });

  it('tells as many people as are asked for, nearest first, of a group too', async () => {
    const matcher = new NearestMatcher(gallery);
    const [found] = await matcher.nearest([Float32Array.of(0, 4)], 3);
    expect(found).toEqual([
      { name: 'Grace', distance: 1 },
      { name: 'Hedy', distance: 2 },
      { name: 'Ada', distance: 4 },
    ]);
    expect(
      await matcher.nearest([Float32Array.of(0, 4), Float32Array.of(0, 4)], 9, { names: new Set(['Ada', 'Hedy']) }),
    ).toEqual([found.slice(1), found.slice(1)]);
    expect(await matcher.nearest([], 3)).toEqual([]);
  });
});

describe('examples that only some groups use', () => {
  const detailsOf = (groups?: string[]): ExampleDetails => ({
    confidence: 1,
    boxInCrop: { x: 0, y: 0, width: 1, height: 1 },
    ...(groups && { groups }),
  });
  const exampleAt = (at: number, groups?: string[]) => ({ embedding: Float32Array.of(at), details: detailsOf(groups) });
  const gallery = {
    version: 1,
    list: [
      {
        name: 'Ada',
        examples: [exampleAt(0), exampleAt(10, ['day']), exampleAt(11, ['night']), exampleAt(12, ['day'])],
      },
      { name: 'Grace', examples: [exampleAt(20)] },
    ],
    people: () => gallery.list,
  };
  const matcher = new NearestMatcher(gallery);
  const everyone = new Set(['Ada', 'Grace']);
  const distances = async (at: number, among?: Among) => {
    const [found] = await matcher.nearest([Float32Array.of(at)], 2, among);
    return found.map(({ name, distance }) => [name, distance]);
  };

  it('are left out of the searches of other groups, and no person is found twice', async () => {
    expect(await distances(11)).toEqual([
      ['Ada', 0],
      ['Grace', 9],
    ]);
    expect(await distances(11, { names: everyone })).toEqual([
      ['Ada', 0],
      ['Grace', 9],
    ]);
    expect(await distances(11, { names: everyone, group: 'night' })).toEqual([
      ['Ada', 0],
      ['Grace', 9],
    ]);
    expect(await distances(11, { names: everyone, group: 'day' })).toEqual([
      ['Ada', 1],
      ['Grace', 9],
    ]);
    expect(await distances(11, { names: everyone, group: 'roof' })).toEqual([
      ['Grace', 9],
      ['Ada', 11],
    ]);
  });

  it('are found as soon as they are shared', async () => {
    const [ada, grace] = gallery.list;
    const shared = ada.examples.map(({ embedding }) => ({ embedding, details: detailsOf() }));
    gallery.list = [{ ...ada, examples: shared }, grace];
    gallery.version++;
    expect(await distances(11, { names: everyone, group: 'roof' })).toEqual([
      ['Ada', 0],
      ['Grace', 9],
    ]);
    gallery.list = [grace];
    gallery.version++;
    expect(await distances(11)).toEqual([['Grace', 9]]);
  });
});
