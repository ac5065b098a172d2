import { expect, it } from 'vitest';
import { ClassifierMatcher } from '../../../../src/matching/classifiers/classifier-matcher.js';
import { NearestMatcher } from '../../../../src/matching/nearest.js';
import { trainNearest } from '../../../../src/matching/classifiers/instance-based.js';
import { samplesOf } from '../../../../src/matching/classifiers/samples.js';

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
  expect(await matcher.match(questions, 1, new Set(['Ada']))).toMatchObject([{ name: 'Ada', runnerUp: null }]);
  const [other] = await matcher.match(questions, 1, new Set(['Bea']));
  expect(other).toMatchObject({ name: null, probability: 0, nearest: 'Bea', distance: 2.5 });
});
