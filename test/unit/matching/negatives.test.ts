import { describe, expect, it } from 'vitest';
import type { Negative } from '../../../src/gallery/negatives.js';
import { fixedMatcherSource, type Match, type Matcher, type MatchQuery } from '../../../src/matching/matcher.js';
import { NearestMatcher } from '../../../src/matching/nearest.js';
import { Corrections, isExcluded } from '../../../src/matching/negatives.js';
import { assignUniquely } from '../../../src/matching/unique-assignment.js';
import { seededRandom } from '../../../src/shared/statistics/random.js';

const details = { confidence: 1, boxInCrop: { x: 0, y: 0, width: 1, height: 1 } };
const example = (embedding: Float32Array, i: number) => ({
  id: `e${i}`,
  crop: null,
  addedAt: null,
  details,
  embedding,
});
const negative = (embedding: Float32Array | null, i: number): Negative => {
  return { id: `n${i}`, crop: null, addedAt: '2026-01-01T00:00:00.000Z', details, nearest: null, embedding };
};

interface Given {
  readonly examples: readonly number[][];
  readonly negatives?: readonly (number[] | null)[];
  readonly groups?: readonly string[];
}

function galleryOf(people: Record<string, Given>) {
  const list = Object.entries(people).map(([name, { examples, negatives, groups = [] }]) => ({
    name,
    id: null,
    metadata: {},
    groups,
    examples: examples.map((values, i) => example(Float32Array.from(values), i)),
    ...(negatives && { negatives: negatives.map((values, i) => negative(values && Float32Array.from(values), i)) }),
  }));
  return { version: 1, list, people: () => list };
}

function correctedMatcher(people: Record<string, Given>, inner?: Matcher) {
  const gallery = galleryOf(people);
  const finder = new NearestMatcher(gallery);
  const corrections = new Corrections({ gallery, finder });
  const source = corrections.source(fixedMatcherSource(inner ?? finder));
  return { corrections, source, matcher: source.current(), finder };
}

const at = (...values: number[]): MatchQuery => ({ embedding: Float32Array.from(values) });

describe('a face with a negative', () => {
  const people = {
    Ada: {
      examples: [
        [0, 0],
        [4, 0],
      ],
      negatives: [[1, 0], null],
    },
    Bea: { examples: [[2, 0.5]] },
  };

  it('does not get the name where the negative is nearer than every example, and the next person is considered', async () => {
    const { matcher } = correctedMatcher(people);
    const [match] = await matcher.match([at(0.9, 0)], 3);
    expect(match).toMatchObject({ name: 'Bea', nearest: 'Bea', runnerUp: null, excluded: ['Ada'] });
    expect((await matcher.match([at(0.9, 0)], 1))[0]).toMatchObject({ name: null, nearest: 'Bea', excluded: ['Ada'] });
  });

  it('keeps the name where an example is nearer, or as near', async () => {
    const { matcher } = correctedMatcher(people);
    const [near, tie] = await matcher.match([at(0.4, 0), at(0.5, 0)], 3);
    expect([near, tie].map(({ name }) => name)).toEqual(['Ada', 'Ada']);
    expect(near).not.toHaveProperty('excluded');
  });

  it('is decided for each face of a photo, and again after another face has taken a person', async () => {
    const { matcher } = correctedMatcher({ ...people, Cy: { examples: [[6, 0]] } });
    const faces = [at(0.9, 0), at(2, 0.4), at(0.1, 0)];
    const matches = await matcher.match(faces, 9);
    expect(matches.map(({ name }) => name)).toEqual(['Bea', 'Bea', 'Ada']);
    const unique = await assignUniquely(matches, {
      rematch: (displaced) =>
        matcher.match(
          displaced.map(({ face, excluded }) => ({ ...faces[face], excluded })),
          9,
        ),
    });
    expect(unique[0]).toMatchObject({ name: 'Cy', taken: 'Bea', excluded: ['Ada'] });
  });

  it('is unknown where everybody is excluded', async () => {
    const { matcher } = correctedMatcher({ Ada: people.Ada });
    const unknown = { name: null, nearest: null, distance: null, runnerUp: null, margin: null, excluded: ['Ada'] };
    expect(await matcher.match([at(0.9, 0)], 3)).toEqual([unknown]);
  });

  it('is left out of the nearest people, and the list is filled up', async () => {
    const { corrections } = correctedMatcher({ ...people, Cy: { examples: [[6, 0]] } });
    const [list] = await corrections.nearest([Float32Array.of(0.9, 0)], 2);
    expect(list.map(({ name }) => name)).toEqual(['Bea', 'Cy']);
  });

  it('is withheld from the choice of a trained classifier, by the distance to that person', async () => {
    const chosen = (name: string | null): Match => {
      return { name, nearest: 'Bea', distance: 0.1, runnerUp: null, margin: null, probability: 0.9 };
    };
    const asked: ReadonlySet<string>[] = [];
    const classifier: Matcher = {
      id: 'svm',
      match: (questions) => {
        asked.push(...questions.map(({ excluded }) => excluded ?? new Set<string>()));
        return Promise.resolve(questions.map(({ excluded }) => chosen(excluded?.has('Ada') ? null : 'Ada')));
      },
    };
    const { matcher } = correctedMatcher(people, classifier);
    const [wrong, right] = await matcher.match([at(0.9, 0), at(0.4, 0)], 3);
    expect([wrong.name, wrong.excluded, right.name, right.excluded]).toEqual([null, ['Ada'], 'Ada', undefined]);
    expect(asked.map((names) => [...names])).toEqual([[], [], ['Ada']]);
  });

  it('has the same matcher as long as the inner one is the same, so that live decisions stay valid', () => {
    const { source } = correctedMatcher(people);
    expect(source.current()).toBe(source.current());
  });
});

it('costs no further search where nobody near has negatives', async () => {
  let searches = 0;
  const gallery = galleryOf({ Ada: { examples: [[0, 0]] }, Bea: { examples: [[9, 0]], negatives: [[8, 0]] } });
  const finder = new NearestMatcher(gallery);
  const counting: Matcher = { id: 'nearest', match: (...given) => (searches++, finder.match(...given)) };
  const matcher = new Corrections({ gallery, finder }).source(fixedMatcherSource(counting)).current();
  await matcher.match([at(0.1, 0)], 1);
  expect(searches).toBe(1);
});

it('agrees with the rule by hand for random people, examples and negatives', async () => {
  const random = seededRandom(7);
  const point = () => [random(), random(), random()];
  const points = (count: number) => Array.from({ length: count }, point);
  const people: Record<string, Given> = Object.fromEntries(
    Array.from({ length: 12 }, (_, i) => [`P${i}`, { examples: points(1 + (i % 3)), negatives: points(i % 4) }]),
  );
  const { matcher } = correctedMatcher(people);
  const far = (a: readonly number[], b: readonly number[]) => Math.hypot(...a.map((value, i) => value - b[i]));
  const faces = points(200).map((face) => face.map(Math.fround));
  const matches = await matcher.match(
    faces.map((face) => at(...face)),
    0.4,
  );
  faces.forEach((face, i) => {
    const ranked = Object.entries(people)
      .map(([name, { examples, negatives = [] }]) => {
        const rounded = (values: readonly number[][]) => values.map((one) => far(face, one.map(Math.fround)));
        return { name, near: Math.min(...rounded([...examples])), not: Math.min(...rounded(negatives as number[][])) };
      })
      .sort((a, b) => a.near - b.near);
    const first = ranked.find(({ near, not }) => near > 0.4 || not >= near);
    expect(matches[i].name).toBe(first && first.near <= 0.4 ? first.name : null);
  });
  expect(matches.filter(({ excluded }) => excluded).length).toBeGreaterThan(5);
});

it('needs a negative that is strictly nearer', () => {
  const embedding = Float32Array.of(0);
  expect(isExcluded(embedding, 1, [Float32Array.of(1)])).toBe(false);
  expect(isExcluded(embedding, 1, [Float32Array.of(2), Float32Array.of(0.5)])).toBe(true);
  expect(isExcluded(embedding, 0, [Float32Array.of(0)])).toBe(false);
});
