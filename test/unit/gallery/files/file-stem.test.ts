import { describe, expect, it } from 'vitest';
import { foldStem, markedStem, plainStem } from '../../../../src/gallery/files/people-index.js';

/** The first ten digits of `printf %s NAME | sha256sum`. */
const MARKED = /^[^<>:"|?*/\\]*[^<>:"|?*/\\. ]~[0-9a-f]{10}$/u;

describe('the stem of a file', () => {
  it.each(['Ada Lovelace', "Conan O'Brien", 'José', '山田 太郎', '-rf', 'Console', '#1', '%2e', 'a'.repeat(200)])(
    'is the name itself for %j',
    (name) => {
      expect(plainStem(name)).toBe(name);
    },
  );

  it('is the readable part and the hash for other names', () => {
    expect(plainStem('a:b')).toBe('a_b~6783a31eab');
    expect(plainStem('<img src=x onerror=alert(1)>')).toMatch(/^_img src=x onerror=alert\(1\)_~/);
  });

  it.each([
    'Sammy Davis Jr.',
    'CON',
    'nul.txt',
    'com1',
    'LPT¹.a',
    '"Ada"',
    'what?',
    '*',
    'a|b',
    'Ada~0123456789',
    '太'.repeat(100),
  ])('is marked and safe everywhere for %j', (name) => {
    const stem = plainStem(name);
    expect(stem).toMatch(MARKED);
    expect(stem).not.toMatch(/^(con|nul|com1|lpt¹)([.~]|$)/i);
    expect(Buffer.byteLength(stem)).toBeLessThanOrEqual(200);
  });

  it('is cut between characters', () => {
    expect(plainStem('\u{1F469}'.repeat(100))).toMatch(/^(?:\u{1F469}){47}~[0-9a-f]{10}$/u);
  });

  it('differs for long names with a common prefix', () => {
    expect(plainStem(`${'太'.repeat(99)}a`)).not.toBe(plainStem(`${'太'.repeat(99)}b`));
  });

  it('has any number of alternatives', () => {
    expect(new Set([0, 1, 2].map((attempt) => markedStem('Ada', attempt))).size).toBe(3);
  });

  it('is taken where only case or composition differs', () => {
    expect(foldStem('ADA')).toBe(foldStem('ada'));
    expect(foldStem('Stra\u00dfe')).toBe(foldStem('STRASSE'));
    expect(foldStem('Jose\u0301')).toBe(foldStem('JOS\u00c9'));
    expect(foldStem('Ada')).not.toBe(foldStem('Eda'));
  });
});
