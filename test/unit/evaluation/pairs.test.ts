import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { RostroError } from '../../../src/shared/errors.js';
import { parsePairs } from '../../../src/evaluation/pairs.js';
import { hasShared, needsShared, sharedPath } from '../../helpers/shared.js';

const two = ['2\t1', 'Ada\t1\t4', 'Ada\t2\tBo\t10', 'Cy\t3\t1', 'Cy\t1\tAda\t1', ''].join('\n');

describe('parsePairs', () => {
  it('reads folds of genuine, then impostor pairs', () => {
    expect(parsePairs(two)).toEqual([
      { a: { person: 'Ada', number: 1 }, b: { person: 'Ada', number: 4 }, same: true, fold: 0 },
      { a: { person: 'Ada', number: 2 }, b: { person: 'Bo', number: 10 }, same: false, fold: 0 },
      { a: { person: 'Cy', number: 3 }, b: { person: 'Cy', number: 1 }, same: true, fold: 1 },
      { a: { person: 'Cy', number: 1 }, b: { person: 'Ada', number: 1 }, same: false, fold: 1 },
    ]);
  });

  it('takes spaces, Windows line ends and a byte order mark, and tabs around names with spaces', () => {
    const plain = parsePairs(two);
    expect(parsePairs(`\uFEFF${two.replaceAll('\t', '  ').replaceAll('\n', '\r\n')}`)).toEqual(plain);
    expect(parsePairs('1 1\nAda L\t1\t2\nAda L\t1\tBo\t2')[0].a.person).toBe('Ada L');
  });

  it('deals an undivided set out to ten folds, each kind evenly', () => {
    const genuine = Array.from({ length: 25 }, (_, i) => `Ada\t${i + 1}\t${i + 2}`);
    const impostor = Array.from({ length: 25 }, (_, i) => `Ada\t${i + 1}\tBo\t${i + 1}`);
    const pairs = parsePairs(['25', ...genuine, ...impostor].join('\n'));
    for (let fold = 0; fold < 10; fold++) {
      const kinds = pairs.filter((pair) => pair.fold === fold).map(({ same }) => same);
      expect(kinds).toEqual(fold < 5 ? [true, true, true, false, false, false] : [true, true, false, false]);
    }
  });

  it.each([
    ['', 'Line 1 of the pairs file must hold the number of folds and the genuine pairs in each, such as "10 300".'],
    [
      'ten 300',
      'Line 1 of the pairs file must hold the number of folds and the genuine pairs in each, such as "10 300".',
    ],
    [
      '10 300 5',
      'Line 1 of the pairs file must hold the number of folds and the genuine pairs in each, such as "10 300".',
    ],
    ['0 3', 'Line 1 of the pairs file must hold the number of folds and the genuine pairs in each, such as "10 300".'],
    ['99999 99999', 'Line 1 of the pairs file announces more than 10000000 pairs.'],
    ['2 1\nAda 1 2', 'Line 1 of the pairs file announces 4 pairs, but 1 lines follow.'],
    ['1 1\nAda 1 2\nAda 1 Bo', 'Line 3 of the pairs file must be an impostor pair: person, n, other person, m.'],
    ['1 1\nAda 1 Bo 2\nAda 1 Bo 2', 'Line 2 of the pairs file must be a genuine pair: person, n, m.'],
    ['1 1\nAda 1 2\nAda 1 Ada 2', 'Line 3 of the pairs file is an impostor pair of the same person, Ada.'],
    ['1 1\nAda one 2\nAda 1 Bo 2', 'Line 2 of the pairs file has "one" instead of the number of a photo.'],
    ['1 1\nAda 1 -2\nAda 1 Bo 2', 'Line 2 of the pairs file has "-2" instead of the number of a photo.'],
    ['1 1\n../x 1 2\nAda 1 Bo 2', 'Line 2 of the pairs file has "../x" instead of the name of a person.'],
    ['1 1\n.. 1 2\nAda 1 Bo 2', 'Line 2 of the pairs file has ".." instead of the name of a person.'],
    ['1 1\n\t1\t2\nAda 1 Bo 2', 'Line 2 of the pairs file has "" instead of the name of a person.'],
  ])('refuses %j', (text, message) => {
    expect(() => parsePairs(text)).toThrow(expect.objectContaining({ code: 'bad_pairs', message }) as RostroError);
  });
});

describe.skipIf(!hasShared)('the reference pairs' + needsShared, () => {
  it('are 10 folds of 57 and 57', () => {
    const pairs = parsePairs(readFileSync(sharedPath('lfw-dev', 'pairs.txt'), 'utf8'));
    for (let fold = 0; fold < 10; fold++) {
      const inFold = pairs.filter((pair) => pair.fold === fold);
      expect([inFold.length, inFold.filter(({ same }) => same).length]).toEqual([114, 57]);
    }
    expect(pairs[0]).toEqual({
      a: { person: 'Kofi_Annan', number: 17 },
      b: { person: 'Kofi_Annan', number: 7 },
      same: true,
      fold: 0,
    });
  });
});
