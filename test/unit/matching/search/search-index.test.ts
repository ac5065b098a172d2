import { beforeAll, describe, expect, it } from 'vitest';
import type { Match } from '../../../../src/matching/matcher.js';
import { NearestMatcher } from '../../../../src/matching/nearest.js';
import { GrowingSearcher, SEARCH_MODES, type SearchMode } from '../../../../src/matching/search/search-index.js';
import { loadUsearch, type VectorLibrary } from '../../../../src/matching/search/usearch.js';
import { matchOf } from '../../../helpers/match-of.js';
import { randomNumbers } from '../../../helpers/mtcnn-weights.js';
import { crowd } from '../../../helpers/people-vectors.js';
import { IndexSearcher } from './index-searcher.js';
import { MemoryGallery } from '../../../helpers/memory-gallery.js';

const PEOPLE = 60;
const random = randomNumbers(7);
const below = (count: number) => Math.floor(((random() + 1) / 2) * count);
let library: VectorLibrary;

beforeAll(async () => {
  library = await loadUsearch();
});

function searched(gallery: MemoryGallery, mode: SearchMode) {
  const searcher = new IndexSearcher({ mode, library, threads: 2, near: 0.88, exactLimit: 20_000 });
  return { searcher, matcher: new NearestMatcher(gallery, searcher) };
}

/** People around centres, or numbers of a size that no network normalised, as those of face-api. */
function looks(kind: 'clustered' | 'raw', dimension: number): (person: number) => Float32Array {
  const { look } = crowd(PEOPLE, dimension, dimension);
  const scale = kind === 'raw' ? 1.7 : 1;
  return (person) => {
    const values = new Float32Array(dimension);
    look(person, values);
    return values.map((value) => scale * value + (kind === 'raw' ? 0.05 : 0));
  };
}

const ways = SEARCH_MODES.flatMap((mode) =>
  [128, 512].flatMap((dimension) => (['clustered', 'raw'] as const).map((kind) => ({ mode, dimension, kind }))),
);

describe.each(ways)('the $mode search of $kind vectors of $dimension values', ({ mode, dimension, kind }) => {
  const lookAt = looks(kind, dimension);

  it('says what comparing one by one says, also while people come, go and are renamed', async () => {
    const gallery = new MemoryGallery();
    const { matcher, searcher } = searched(gallery, mode);
    const isLarge = mode === 'approximate';
    // The scan needs a thousand examples.
    for (let person = 0; isLarge && person < PEOPLE; person++) {
      gallery.add(`person ${person}`, ...Array.from({ length: 18 }, () => lookAt(person)));
    }
    for (let step = 0; step < (isLarge ? 50 : 400); step++) {
      change(gallery, lookAt);
      if (step % 3 === 0) searcher.settle();
      if (step % 5 > 0) continue;
      const faces = Array.from({ length: 1 + below(4) }, () => lookAt(below(PEOPLE)));
      const answers = await matcher.match(
        faces.map((embedding) => ({ embedding })),
        1,
      );
      answers.forEach((answer, i) => {
        const ranking = gallery.ranking(faces[i]);
        const [first, second] = [ranking.at(0), ranking.at(1)];
        expect(answer.nearest).toBe(first?.name ?? null);
        expect(answer.distance ?? -1).toBeCloseTo(first?.distance ?? -1, 9);
        expectRunnerUp(answer.runnerUp, second, mode === 'approximate');
        expect(answer.name).toBe(first !== undefined && first.distance <= 1 ? first.name : null);
      });
    }
  });
});

/** An approximate search finds the nearest person and others that are about as near; the second may be one further away. */
function expectRunnerUp(told: Match['runnerUp'], second: Match['runnerUp'] | undefined, nearly: boolean): void {
  if (nearly && second && second.distance > 1) {
    expect(told?.distance).toBeGreaterThanOrEqual(second.distance - 1e-9);
    expect(told?.distance).toBeLessThan(second.distance + 0.15);
    return;
  }
  expect(told?.name).toBe(second?.name);
  expect(told?.distance ?? -1).toBeCloseTo(second?.distance ?? -1, 9);
}

function change(gallery: MemoryGallery, lookAt: (person: number) => Float32Array): void {
  const everyone = gallery.people();
  const what = below(10);
  const person = below(PEOPLE);
  if (everyone.length < 5 || what < 6) return gallery.add(`person ${person}`, lookAt(person));
  const { name, examples } = everyone[below(everyone.length)];
  if (what < 7) gallery.remove(name);
  else if (what < 8) gallery.rename(name, `${name}'`);
  else gallery.removeExample(name, below(examples.length));
}

describe.each(SEARCH_MODES)('the %s search', (mode) => {
  const lookAt = looks('clustered', 128);

  it('finds the runner-up behind a person of a thousand examples', async () => {
    const gallery = new MemoryGallery();
    gallery.add('many', ...Array.from({ length: 1000 }, () => lookAt(0)));
    for (let person = 1; person < PEOPLE; person++) gallery.add(`person ${person}`, lookAt(person));
    const { matcher, searcher } = searched(gallery, mode);
    matcher.sync();
    searcher.settle();
    const face = lookAt(0);
    const { nearest, runnerUp } = await matchOf(matcher, face, 1);
    const [first, second] = gallery.ranking(face);
    expect([nearest, runnerUp?.name]).toEqual([first.name, second.name]);
    expect(runnerUp?.distance).toBeCloseTo(second.distance, 9);
  });

  it('tells as many people as are asked for', async () => {
    const gallery = new MemoryGallery();
    gallery.add('many', ...Array.from({ length: 200 }, () => lookAt(0)));
    for (let person = 1; person < PEOPLE; person++) gallery.add(`person ${person}`, lookAt(person), lookAt(person));
    const { matcher, searcher } = searched(gallery, mode);
    matcher.sync();
    searcher.settle();
    const faces = [lookAt(0), lookAt(5)];
    for (const count of [1, 7, PEOPLE, 1000]) {
      const found = await matcher.nearest(faces, count);
      const expected = faces.map((face) => gallery.ranking(face).slice(0, count));
      expect(found.map((people) => people.map(({ name }) => name))).toEqual(
        expected.map((people) => people.map(({ name }) => name)),
      );
      expect(found[1][0].distance).toBeCloseTo(expected[1][0].distance, 9);
    }
  });

  it('takes of two people at the same distance always the first by name', async () => {
    const gallery = new MemoryGallery();
    const face = lookAt(1);
    gallery.add('Zoe', face.slice());
    gallery.add('Amy', face.slice());
    const { matcher } = searched(gallery, mode);
    const match = await matchOf(matcher, face, 1);
    expect(match).toMatchObject({ name: 'Amy', distance: 0, runnerUp: { name: 'Zoe', distance: 0 }, margin: 0 });
  });

  it('has nothing to say of an empty gallery, nor of one that has become empty', async () => {
    const gallery = new MemoryGallery();
    const { matcher } = searched(gallery, mode);
    expect(await matchOf(matcher, lookAt(1), 1)).toMatchObject({ name: null, nearest: null, distance: null });
    gallery.add('Amy', lookAt(1));
    expect((await matchOf(matcher, lookAt(1), 1)).name).toBe('Amy');
    gallery.remove('Amy');
    expect(await matchOf(matcher, lookAt(1), 1)).toMatchObject({ name: null, nearest: null, distance: null });
  });
});

describe('the index', () => {
  const lookAt = looks('clustered', 128);

  it('keeps nothing of an example that is gone, and uses its row again', async () => {
    const gallery = new MemoryGallery();
    gallery.add('Amy', lookAt(1));
    gallery.add('Bea', lookAt(2));
    const { matcher, searcher } = searched(gallery, 'exact');
    matcher.sync();
    const gone = gallery.people()[0].examples[0].embedding;
    gallery.remove('Amy');
    matcher.sync();
    expect(searcher.index.examples?.row(0)).not.toContain(gone[5]);
    gallery.add('Cleo', lookAt(3));
    expect((await matchOf(matcher, lookAt(3), 1)).name).toBe('Cleo');
    expect(searcher.index.examples?.count).toBe(2);
  });

  it('takes the scan above the limit, with one entry for photos that are alike', () => {
    const gallery = new MemoryGallery();
    for (let person = 0; person < PEOPLE; person++) gallery.add(`person ${person}`, lookAt(person), lookAt(person));
    const { matcher, searcher } = searched(gallery, 'auto');
    matcher.sync();
    expect(searcher.index.scan).toBeNull();
    for (let person = 0; person < PEOPLE; person++) {
      gallery.add(`person ${person}`, ...Array.from({ length: 18 }, () => lookAt(person)));
    }
    matcher.sync();
    searcher.settle();
    expect(searcher.index.scan?.isReady).toBe(true);
    expect(searcher.index.scan?.size).toBeLessThan(1.2 * PEOPLE);
    for (let person = 10; person < PEOPLE; person++) gallery.remove(`person ${person}`);
    matcher.sync();
    expect(searcher.index.scan?.isReady).toBe(true);
    expect(searcher.index.scan?.size).toBeLessThan(1.5 * 10);
  });
});

describe('a gallery that grows', () => {
  const DIMENSION = 512;
  const lookAt = looks('clustered', DIMENSION);

  function growing(gallery: MemoryGallery) {
    const large = new IndexSearcher({ mode: 'exact', library, threads: 1, near: 0.88 });
    return { large, matcher: new NearestMatcher(gallery, new GrowingSearcher(large)) };
  }

  async function expectRight(matcher: NearestMatcher, gallery: MemoryGallery): Promise<void> {
    for (let person = 0; person < PEOPLE; person += 7) {
      const face = lookAt(person);
      const [first, ...others] = gallery.ranking(face);
      const { nearest, distance, runnerUp } = await matchOf(matcher, face, 1);
      expect([nearest, runnerUp?.name]).toEqual([first.name, others.at(0)?.name]);
      expect(distance).toBeCloseTo(first.distance, 9);
    }
  }

  it('is searched here while it is small, and by the large searcher, with all examples, from then on', async () => {
    const gallery = new MemoryGallery();
    const { large, matcher } = growing(gallery);
    for (let photo = 1; photo <= 5; photo++) {
      for (let person = 0; person < PEOPLE; person++) gallery.add(`person ${person}`, lookAt(person));
      await expectRight(matcher, gallery);
      // 100,000 values are 195 examples.
      expect(large.index.examples?.filled ?? 0).toBe(photo <= 3 ? 0 : photo * PEOPLE);
    }
    for (let person = 0; person < PEOPLE - 8; person++) gallery.remove(`person ${person}`);
    await expectRight(matcher, gallery);
    expect(large.index.examples?.filled).toBe(8 * 5);
  });

  it('is not counted larger by examples that come and go', async () => {
    const gallery = new MemoryGallery();
    const { large, matcher } = growing(gallery);
    for (let photo = 0; photo < 300; photo++) {
      gallery.add('Amy', lookAt(photo % PEOPLE));
      if (photo > 0) gallery.removeExample('Amy', 0);
      matcher.sync();
    }
    await expectRight(matcher, gallery);
    expect(large.index.examples).toBeNull();
  });

  it('goes to the large searcher at once when it is large from the start', async () => {
    const gallery = new MemoryGallery();
    const { large, matcher } = growing(gallery);
    for (let person = 0; person < PEOPLE; person++) {
      gallery.add(`person ${person}`, ...Array.from({ length: 4 }, () => lookAt(person)));
    }
    matcher.sync();
    expect(large.index.examples?.filled).toBe(4 * PEOPLE);
    await expectRight(matcher, gallery);
  });
});

describe.each(ways)(
  'a group in the $mode search of $kind vectors of $dimension values',
  ({ mode, dimension, kind }) => {
    const lookAt = looks(kind, dimension);

    it('is searched as if nobody else were enrolled', async () => {
      const gallery = new MemoryGallery();
      const { matcher, searcher } = searched(gallery, mode);
      for (let step = 0; step < 200; step++) change(gallery, lookAt);
      searcher.settle();
      const everyone = gallery.people().map(({ name }) => name);
      for (const share of [0, 0.1, 0.5, 1]) {
        const group = new Set([...everyone.filter(() => (random() + 1) / 2 < share), 'nobody']);
        const face = lookAt(below(PEOPLE));
        const [answer] = await matcher.match([{ embedding: face }], 1, { names: group });
        const ranking = gallery.ranking(face).filter(({ name }) => group.has(name));
        const [first, second] = [ranking.at(0), ranking.at(1)];
        expect(answer.nearest).toBe(first?.name ?? null);
        expect(answer.distance ?? -1).toBeCloseTo(first?.distance ?? -1, 9);
        expect(answer.runnerUp?.name ?? null).toBe(second?.name ?? null);
        expect(answer.name).toBe(first && first.distance <= 1 ? first.name : null);
      }
    });
  },
);
