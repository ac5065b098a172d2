import { NO_FOLD, evenFolds, stratifiedFolds } from '../../../shared/statistics/random.js';
import type { Classifier, Ranking, Train } from '../classifier.js';
import { rowOf, rowsByPerson, selectRows, type Samples } from '../samples.js';

/** The ranking of a face by a classifier trained without it. */
export interface HeldOutFace {
  /** The person; null for a stranger. */
  readonly person: number | null;
  readonly ranking: Ranking;
}

export interface HeldOut {
  readonly faces: readonly HeldOutFace[];
  /** Origin of the strangers. */
  readonly strangers: 'given' | 'left-out people';
  /** Number of examples that are the only one of their person and so cannot be held out. */
  readonly single: number;
}

export const FOLDS = 5;

/** With fewer people, leaving some out would not leave two to choose from. */
export const MIN_PEOPLE_TO_LEAVE_OUT = 3;

/**
 * Cross-validation: ranks each example, and each stranger, with a classifier trained without its fold. Without
 * strangers, the people of the gallery take turns as strangers.
 */
export function holdOut(train: Train, samples: Samples, strangers: Samples): HeldOut {
  const rowsOf = rowsByPerson(samples);
  const folds = Math.min(FOLDS, Math.max(2, ...rowsOf.map(({ length }) => length)));
  const fold = stratifiedFolds(rowsOf, folds);
  const strangerFold = evenFolds(strangers.person.length, folds);
  const faces = Array.from({ length: folds }, (_, round) => {
    const classifier = train(rowsOutsideFold(samples, fold, round), rowsOutsideFold(strangers, strangerFold, round));
    const known = ranked(classifier, samples, rowsInFold(fold, round), (row) => samples.person[row]);
    return [...known, ...ranked(classifier, strangers, rowsInFold(strangerFold, round), () => null)];
  }).flat();
  const given = strangers.person.length > 0;
  return {
    faces: given ? faces : [...faces, ...rankLeftOutPeople(train, samples, strangers)],
    strangers: given ? 'given' : 'left-out people',
    single: fold.filter((one) => one === NO_FOLD).length,
  };
}

function rankLeftOutPeople(train: Train, samples: Samples, noStrangers: Samples): HeldOutFace[] {
  const people = samples.names.length;
  if (people < MIN_PEOPLE_TO_LEAVE_OUT) return [];
  const groups = Math.min(FOLDS, people);
  const group = evenFolds(people, groups);
  const groupOfRow = samples.person.map((person) => group[person]);
  return Array.from({ length: groups }, (_, round) => {
    const classifier = train(rowsOutsideFold(samples, groupOfRow, round), noStrangers);
    return ranked(classifier, samples, rowsInFold(groupOfRow, round), () => null);
  }).flat();
}

function ranked(
  classifier: Classifier,
  samples: Samples,
  rows: readonly number[],
  personOf: (row: number) => number | null,
): HeldOutFace[] {
  return rows.flatMap((row) => {
    const ranking = classifier.rank(rowOf(samples, row));
    return ranking ? [{ person: personOf(row), ranking }] : [];
  });
}

function rowsInFold(fold: Int32Array, round: number): number[] {
  return [...fold.keys()].filter((row) => fold[row] === round);
}

function rowsOutsideFold(samples: Samples, fold: Int32Array, round: number): Samples {
  return selectRows(
    samples,
    [...fold.keys()].filter((row) => fold[row] !== round),
  );
}
