import { RostroError } from '../shared/errors.js';

/** A photo of a dataset laid out as LFW is: the `number`-th photo of a person, from 1. */
export interface PhotoRef {
  readonly person: string;
  readonly number: number;
}

export interface PhotoPair {
  readonly a: PhotoRef;
  readonly b: PhotoRef;
  /** Whether it is genuine: two photos of one person. */
  readonly same: boolean;
  /** Which of the folds it belongs to, from 0. */
  readonly fold: number;
}

const MAX_PAIRS = 10_000_000;
/** A set that comes undivided (LFW's pairsDevTest.txt) is dealt out to as many folds as View 2 has. */
const DEFAULT_FOLDS = 10;

/**
 * Reads LFW's `pairs.txt` (http://vis-www.cs.umass.edu/lfw/README.txt, section 2): the first line gives the number of
 * folds and how many genuine and impostor pairs each has, or that number alone for one undivided set. For each fold
 * follow its genuine pairs, `person n m`, and its impostor pairs, `person n other m`. Tabs split the fields, or white space
 * in a line without tabs.
 * @throws RostroError `bad_pairs`, naming the line
 */
export function parsePairs(text: string): PhotoPair[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  while (lines.length > 1 && lines[lines.length - 1].trim() === '') lines.pop();
  const [folds, pairsOfKind] = parseHead(lines[0]);
  const expected = Math.max(1, folds) * pairsOfKind * 2;
  if (lines.length - 1 !== expected) {
    throw bad(1, `promises ${expected} pairs, but ${lines.length - 1} lines follow`);
  }
  return lines.slice(1).map((line, i) => {
    const within = i % (2 * pairsOfKind);
    const fold = folds > 0 ? Math.floor(i / (2 * pairsOfKind)) : (within % pairsOfKind) % DEFAULT_FOLDS;
    return { ...parseLine(line, i + 2, within < pairsOfKind), fold };
  });
}

/** @returns folds, 0 for an undivided set, and the pairs of each kind in a fold */
function parseHead(line: string): [folds: number, pairsOfKind: number] {
  const counts = line.trim().split(/\s+/).map(wholeNumber);
  if (counts.length > 2 || counts.some((count) => count === null || count < 1)) {
    throw bad(1, 'must hold the number of folds and the genuine pairs in each, such as "10 300"');
  }
  const [folds, pairsOfKind] = (counts.length === 2 ? counts : [0, ...counts]) as [number, number];
  if (folds * pairsOfKind > MAX_PAIRS || pairsOfKind > MAX_PAIRS) throw bad(1, `promises more than ${MAX_PAIRS} pairs`);
  return [folds, pairsOfKind];
}

function parseLine(line: string, number: number, same: boolean): Omit<PhotoPair, 'fold'> {
  const fields = line.includes('\t') ? line.split('\t').map((field) => field.trim()) : line.trim().split(/\s+/);
  if (fields.length !== (same ? 3 : 4)) {
    throw bad(
      number,
      `must be ${same ? 'a genuine pair: person, n, m' : 'an impostor pair: person, n, other person, m'}`,
    );
  }
  const [person, n] = fields;
  const [other, m] = same ? [person, fields[2]] : [fields[2], fields[3]];
  if (!same && person === other) throw bad(number, `is an impostor pair of one and the same person, ${person}`);
  return { a: photoRef(person, n, number), b: photoRef(other, m, number), same };
}

/** A person is the name of one folder: nothing that leads out of the dataset. */
function photoRef(person: string, text: string, line: number): PhotoRef {
  const number = wholeNumber(text);
  if (number === null) throw bad(line, `has "${text}" where the number of a photo should be`);
  if (person === '' || person === '.' || person === '..' || /[/\\\0]/.test(person)) {
    throw bad(line, `has "${person}" where the name of a person should be`);
  }
  return { person, number };
}

function wholeNumber(text: string): number | null {
  return /^\d{1,9}$/.test(text) ? Number(text) : null;
}

function bad(line: number, what: string): RostroError {
  return new RostroError('bad_pairs', `Line ${line} of the pairs file ${what}.`, { details: { line } });
}
