import { describe, expect, it } from 'vitest';
import { foldedStem, markedStem, plainStem } from '../../../../src/gallery/files/people-index.js';

/** The first ten digits of `printf %s NAME | sha256sum`. */
const MARKED = /^[^<>:"|?*/\\]*[^<>:"|?*/\\. ]~[0-9a-f]{10}$/u;

describe('the stem of a file', () => {
  it.each(['Ada Lovelace', "Conan O'Brien", 'José', '山田 太郎', '-rf', 'Console', '#1', '%2e', 'a'.repeat(200)])(
    'is the name itself for %j',
    (name) => {
      expect(plainStem(name)).toBe(name);
    },
  );

  it('has the readable part and the hash of the name otherwise', () => {
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

  it('differs for two long names that begin alike', () => {
    expect(plainStem(`${'太'.repeat(99)}a`)).not.toBe(plainStem(`${'太'.repeat(99)}b`));
  });

  it('has as many alternatives as are asked for', () => {
    expect(new Set([0, 1, 2].map((attempt) => markedStem('Ada', attempt))).size).toBe(3);
  });

  it('counts as taken where only case or composition differs', () => {
    expect(foldedStem('ADA')).toBe(foldedStem('ada'));
    expect(foldedStem('Stra\u00dfe')).toBe(foldedStem('STRASSE'));
    expect(foldedStem('Jose\u0301')).toBe(foldedStem('JOS\u00c9'));
    expect(foldedStem('Ada')).not.toBe(foldedStem('Eda'));
  });
});
