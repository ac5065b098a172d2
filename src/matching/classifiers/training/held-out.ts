import { ALWAYS_TRAINING, plainFolds, stratifiedFolds } from '../../../shared/statistics/random.js';
import type { Classifier, Ranking, Train } from '../classifier.js';
import { rowOf, rowsByPerson, selectRows, type Samples } from '../samples.js';

/** How a face was ranked by a classifier that had not seen it. */
export interface HeldOutFace {
  /** Whose it is; null for a stranger. */
  readonly person: number | null;
  readonly ranking: Ranking;
}

export interface HeldOut {
  readonly faces: readonly HeldOutFace[];
  /** Where the strangers came from. */
  readonly strangers: 'given' | 'left-out people';
  /** Examples that could not be held out, being the only one of their person. */
  readonly single: number;
}

export const FOLDS = 5;

/** Strangers in each round but the last may not outnumber what is left to look like: at least two people stay. */
export const MIN_PEOPLE_TO_LEAVE_OUT = 3;

/**
 * Ranks every example by a classifier trained without its fold, and every stranger by one that knows them not. Where no
 * strangers are given, the people of the gallery take turns at being strangers to the rest.
 */
export function holdOut(train: Train, samples: Samples, strangers: Samples): HeldOut {
  const rowsOf = rowsByPerson(samples);
  const folds = Math.min(FOLDS, Math.max(2, ...rowsOf.map(({ length }) => length)));
  const fold = stratifiedFolds(rowsOf, folds);
  const strangerFold = plainFolds(strangers.person.length, folds);
  const faces = Array.from({ length: folds }, (_, round) => {
    const classifier = train(without(samples, fold, round), without(strangers, strangerFold, round));
    const known = ranked(classifier, samples, within(fold, round), (row) => samples.person[row]);
    return [...known, ...ranked(classifier, strangers, within(strangerFold, round), () => null)];
  }).flat();
  const given = strangers.person.length > 0;
  return {
    faces: given ? faces : [...faces, ...leaveOutPeople(train, samples, strangers)],
    strangers: given ? 'given' : 'left-out people',
    single: fold.filter((one) => one === ALWAYS_TRAINING).length,
  };
}

function leaveOutPeople(train: Train, samples: Samples, noStrangers: Samples): HeldOutFace[] {
  const people = samples.names.length;
  if (people < MIN_PEOPLE_TO_LEAVE_OUT) return [];
  const groups = Math.min(FOLDS, people);
  const group = plainFolds(people, groups);
  const groupOfRow = samples.person.map((person) => group[person]);
  return Array.from({ length: groups }, (_, round) => {
    const classifier = train(without(samples, groupOfRow, round), noStrangers);
    return ranked(classifier, samples, within(groupOfRow, round), () => null);
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

function within(fold: Int32Array, round: number): number[] {
  return [...fold.keys()].filter((row) => fold[row] === round);
}

function without(samples: Samples, fold: Int32Array, round: number): Samples {
  return selectRows(
    samples,
    [...fold.keys()].filter((row) => fold[row] !== round),
  );
}
