import { describe, expect, it } from 'vitest';
import type { ClassifierKind } from '../../../../src/matching/classifiers/classifier.js';
import { rowOf, samplesOf } from '../../../../src/matching/classifiers/samples.js';
import { decide } from '../../../../src/matching/classifiers/training/decision.js';
import { holdOut, type HeldOutFace } from '../../../../src/matching/classifiers/training/held-out.js';
import { trainingReport } from '../../../../src/matching/classifiers/training/report.js';
import {
  classifierOf,
  trainClassifier,
  untrainableReason,
} from '../../../../src/matching/classifiers/training/train.js';
import { trainNearest } from '../../../../src/matching/classifiers/instance-based.js';
import { cloud, samplesFrom } from '../../../helpers/samples-of.js';

const DIMENSION = 60;
const nobody = { ...samplesOf([]), dimension: 2 };
/** As far from everyone else as everyone is. */
const axis = (index: number) => Array.from({ length: DIMENSION }, (_, d) => (d === index ? 10 : 0));
const PEOPLE = [0, 1, 2, 3, 4, 5];
const people = samplesFrom(Object.fromEntries(PEOPLE.map((i) => [`person ${i}`, cloud(axis(i), 6, 0.4, i)])));
const strangersFrom = (first: number, count: number) =>
  samplesFrom(
    Object.fromEntries(
      Array.from({ length: count }, (_, i) => [`stranger ${i}`, cloud(axis(first + i), 1, 0.4, first + i)]),
    ),
  );

describe.each(['nearest', 'centroid', 'knn', 'svm'] satisfies ClassifierKind[])('%s', (kind) => {
  it.each(['given', 'left-out people'] as const)(
    'names the known and not the strangers; strangers: %s',
    async (from) => {
      const strangers = from === 'given' ? strangersFrom(6, 27) : { ...nobody, dimension: DIMENSION };
      const training = await trainClassifier(people, strangers, { kind, kernel: 'rbf', far: 0.05 });
      expect(training.report).toMatchObject({
        people: 6,
        examples: 36,
        tested: 36,
        closedSetAccuracy: 1,
        misnamed: 0,
        single: 0,
        strangersFrom: from,
        confusions: [],
      });
      expect(training.decision.strangers).toBe(from === 'given' ? 27 : 36);
      expect(training.decision.strangersNamed).toBeLessThanOrEqual(1);
      const classifier = classifierOf(training.state, people, strangers);
      const named = (row: Float32Array) => classifier.rank(row)!.score > training.decision.cutOff;
      const fresh = strangersFrom(33, 27);
      expect([...fresh.person.keys()].filter((row) => named(rowOf(fresh, row))).length).toBeLessThan(9);
      for (const person of PEOPLE) {
        expect(classifier.rank(Float32Array.from(axis(person)))!.best).toBe(person);
        expect(named(Float32Array.from(axis(person)))).toBe(true);
      }
    },
  );
});

describe('holdOut', () => {
  it('never ranks a face by a classifier that has seen it', () => {
    // Twins: each example lies exactly on one of the other person, so only a classifier that has seen it gets it right.
    const twins = samplesFrom({
      a: [
        [0, 0],
        [5, 5],
      ],
      b: [
        [0, 0],
        [5, 5],
      ],
      c: [
        [50, 0],
        [50, 1],
      ],
    });
    const { faces } = holdOut(trainNearest, twins, nobody);
    const known = faces.filter(({ person }) => person === 0 || person === 1);
    expect(known.map(({ person, ranking }) => ranking.best === person)).toEqual([false, false, false, false]);
  });

  it('leaves out whole people where no strangers are given, and counts who could not be tested', () => {
    const samples = samplesFrom({
      a: [
        [0, 0],
        [0, 1],
      ],
      b: [[9, 9]],
      c: [
        [5, 5],
        [5, 6],
      ],
    });
    const { faces, single, strangers } = holdOut(trainNearest, samples, nobody);
    expect({ single, strangers }).toEqual({ single: 1, strangers: 'left-out people' });
    expect(faces.filter(({ person }) => person !== null)).toHaveLength(4);
    expect(faces.filter(({ person }) => person === null)).toHaveLength(5);
    // b at (9, 9), searched among a and c, finds c at (5, 6), 5 away; and that example of c finds b.
    const five = faces.filter(({ person, ranking }) => person === null && ranking.score === -5);
    expect(five.map(({ ranking }) => ranking.best).sort()).toEqual([1, 2]);
  });
});

const face = (person: number | null, best: number, score: number): HeldOutFace => ({
  person,
  ranking: { best, runnerUp: null, score },
});

describe('decide', () => {
  const strangers = Array.from({ length: 200 }, (_, i) => face(null, 0, i / 200));
  const known = Array.from({ length: 50 }, (_, i) => face(0, 0, 0.9 + i / 100));

  it('takes the lowest cut-off that names no more strangers than wanted', () => {
    const decision = decide([...strangers, ...known], 0.01);
    expect(decision).toMatchObject({ cutOff: 197 / 200, far: 0.01, strangers: 200, strangersNamed: 2 });
    // scipy.stats.beta.ppf(0.95, 3, 198)
    expect(decision.farAtMost).toBeCloseTo(0.0311426, 6);
  });

  it('names none of them where the sample is too small for the rate', () => {
    expect(decide([...strangers.slice(0, 50), ...known], 0.01)).toMatchObject({ cutOff: 49 / 200, strangersNamed: 0 });
  });
});

describe('trainingReport', () => {
  it('tells recall of each, the worst first, and who is mixed up with whom', () => {
    const faces = [
      face(0, 0, 5),
      face(0, 0, 1),
      face(0, 1, 5),
      face(0, 1, 1),
      face(1, 1, 5),
      face(1, 1, 5),
      face(2, 1, 5),
      face(2, 2, 5),
      face(null, 1, 3),
    ];
    const heldOut = { faces, strangers: 'given', single: 1 } as const;
    const decision = { ...decide(faces, 0.5), cutOff: 3 };
    expect(trainingReport(['Ada', 'Grace', 'Hedy', 'Joan'], 9, heldOut, decision)).toEqual({
      people: 4,
      examples: 9,
      tested: 8,
      closedSetAccuracy: 5 / 8,
      named: 4 / 8,
      misnamed: 2 / 8,
      single: 1,
      strangersFrom: 'given',
      recall: [
        { name: 'Ada', tested: 4, right: 2, named: 1 },
        { name: 'Hedy', tested: 2, right: 1, named: 1 },
        { name: 'Grace', tested: 2, right: 2, named: 2 },
        { name: 'Joan', tested: 0, right: 0, named: 0 },
      ],
      confusions: [
        { person: 'Ada', takenFor: 'Grace', times: 2 },
        { person: 'Hedy', takenFor: 'Grace', times: 1 },
      ],
    });
  });
});

describe('untrainableReason', () => {
  it.each([
    [{}, 0, 'a classifier needs at least two people, and there are none'],
    [{ a: [[1], [2]] }, 9, 'a classifier needs at least two people, and there is one'],
    [{ a: [[1]], b: [[2]], c: [[3]] }, 9, 'a classifier needs two examples of at least one person'],
    [
      { a: [[1], [2]], b: [[2]] },
      0,
      'with two people and no photos of strangers, the cut-off for "unknown" cannot be chosen',
    ],
    [{ a: [[1], [2]], b: [[2]] }, 1, null],
    [{ a: [[1], [2]], b: [[2]], c: [[3]] }, 0, null],
  ])('%j with %i strangers', (everyone, strangers, expected) => {
    expect(untrainableReason(samplesFrom(everyone), strangers)).toBe(expected);
  });
});
