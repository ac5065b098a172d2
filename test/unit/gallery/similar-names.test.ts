import { describe, expect, it } from 'vitest';
import { foldName, SimilarNames } from '../../../src/gallery/similar-names.js';

describe('names that differ only in what people overlook', () => {
  it.each([
    ['Jose', 'José', 'JOSÉ', 'jos\u00e9', 'Jose\u0301', ' José '],
    ['Ada Lovelace', 'AdaLovelace', 'ada  lovelace', 'Ada\u00a0Lovelace', 'Ａｄａ　Lovelace'],
    ['Paweł', 'Pawel'],
    ['Straße', 'STRASSE'],
    ["O'Brien", 'O’Brien', 'o`brien'],
    ['Øystein Æbø', 'Oystein Aebo'],
    ['ｶﾞﾏ', 'ガマ'],
    ['علی\u200cرضا', 'علیرضا'],
    ['Андрей', 'Андреи'],
  ])('%s', (...names) => {
    expect(new Set(names.map(foldName)).size).toBe(1);
  });

  it.each([
    ['Ann', 'Anna'],
    ['か', 'が'],
    ['राम', 'रोम'],
    ['Ada 1', 'Ada 2'],
    ['김철수', '김철소'],
    ['Ada-1', 'Ada1'],
  ])('not %s and %s', (a, b) => {
    expect(foldName(a)).not.toBe(foldName(b));
  });
});

it('finds other names, and follows additions and removals', () => {
  const similar = new SimilarNames();
  similar.add('ignored: not built yet');
  const all = ['Jose', 'José', 'Ada'];
  expect(similar.of('Ada', all)).toEqual([]);
  expect(similar.of('JOSE', [])).toEqual(['Jose', 'José']);
  expect(similar.of('Jose', [])).toEqual(['José']);
  similar.remove('Jose');
  similar.add('jose');
  similar.add('jose');
  expect(similar.of('Jose', [])).toEqual(['José', 'jose'].sort());
  for (const name of ['jose', 'José', 'unknown']) similar.remove(name);
  expect(similar.of('Jose', [])).toEqual([]);
  similar.clear();
  expect(similar.of('Jose', ['JOSE'])).toEqual(['JOSE']);
});
