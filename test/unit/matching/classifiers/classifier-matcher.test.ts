import { expect, it } from 'vitest';
import { ClassifierMatcher } from '../../../../src/matching/classifiers/classifier-matcher.js';
import { NearestMatcher } from '../../../../src/matching/nearest.js';
import { trainNearest } from '../../../../src/matching/classifiers/instance-based.js';
import { samplesOf } from '../../../../src/matching/classifiers/samples.js';
import { trainablePeople, trainedPeople } from '../../../../src/matching/classifiers/classifier-store.js';

const people = [
  { name: 'Ada', examples: [{ embedding: Float32Array.of(0, 0) }] },
  { name: 'Bea', examples: [{ embedding: Float32Array.of(3, 0) }] },
];
const matcher = new ClassifierMatcher({
  kind: 'knn',
  classifier: trainNearest(samplesOf(people)),
  decision: { cutOff: -1, sigmoid: { a: -1, b: 0 } } as never,
  names: people.map(({ name }) => name),
  isEnrolled: () => true,
  nearest: new NearestMatcher({ version: 1, people: () => people }),
});
const questions = [{ embedding: Float32Array.of(0.5, 0) }];

it('names somebody of the group only, and tells distances within it', async () => {
  expect(await matcher.match(questions, 1)).toMatchObject([{ name: 'Ada', nearest: 'Ada', runnerUp: { name: 'Bea' } }]);
  expect(await matcher.match(questions, 1, { names: new Set(['Ada']) })).toMatchObject([
    { name: 'Ada', runnerUp: null },
  ]);
  const [other] = await matcher.match(questions, 1, { names: new Set(['Bea']) });
  expect(other).toMatchObject({ name: null, probability: 0, nearest: 'Bea', distance: 2.5 });
});

it('is trained on the examples that every group of their person uses', () => {
  const details = { confidence: 1, boxInCrop: { x: 0, y: 0, width: 1, height: 1 } };
  const example = (id: string, groups?: string[]) => ({
    id,
    crop: null,
    addedAt: null,
    embedding: Float32Array.of(0),
    details: { ...details, ...(groups && { groups }) },
  });
  const person = (name: string, groups: string[], ...examples: ReturnType<typeof example>[]) => {
    return { name, id: null, metadata: {}, groups, examples };
  };
  const people = [
    person('Ada', ['day', 'night'], example('a'), example('b', ['day']), example('c', ['day', 'night'])),
    person('Eve', ['day', 'night'], example('d', ['night'])),
    person('Zoe', ['day'], example('e', ['day']), example('f', ['night'])),
  ];
  expect(trainedPeople(trainablePeople(people))).toEqual([
    { name: 'Ada', examples: ['a', 'c'] },
    { name: 'Zoe', examples: ['e'] },
  ]);
});
