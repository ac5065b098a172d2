import { describe, expect, it } from 'vitest';
import {
  MAX_NAME_CODE_POINTS,
  nameFromFileName,
  parseEnrolledName,
  parsePersonName,
} from '../../../src/people/person-name.js';

describe('names that stay as they are', () => {
  it.each([
    'Ada Lovelace',
    '3',
    '---',
    'Sammy Davis Jr.',
    'J. R. R. Tolkien',
    "Conan O'Brien",
    '<img src=x onerror=alert(1)>',
    'Robert"); DROP TABLE people; --',
    '%2e%2e%2fetc',
    'CON',
    'José Ñandú',
    '山田 太郎',
    '\u845b\u{E0100}城',
    'علی\u200cرضا',
    'ക്\u200dഷ',
    'രാജന്\u200d',
    'র\u200d্যাচেল',
    'ശ്രീ\u200cകുമാർ',
    '\u{1F469}\u200d\u{1F680}',
    '\u2764\ufe0f',
    'a'.repeat(MAX_NAME_CODE_POINTS),
    '\u{1F469}'.repeat(MAX_NAME_CODE_POINTS),
  ])('%j', (name) => {
    expect(parsePersonName(name)).toBe(name);
  });
});

describe('names that are brought into one form', () => {
  it('trims white space around it', () => {
    expect(parsePersonName('  Ada Lovelace \u00a0\u3000')).toBe('Ada Lovelace');
  });

  it.each([
    ['\u202eAda', 'Ada'],
    ['\ufeffAda\u200b', 'Ada'],
    ['Ada\u200d', 'Ada'],
    [' \u200f דוד \u200f ', 'דוד'],
    ['\u2067Ada\u2069', 'Ada'],
    ['علی\u200c', 'علی'],
    ['രാജന്\u200d\u200e ', 'രാജന്\u200d'],
  ])('takes bidi and zero-width marks off the edges of %j', (given, name) => {
    expect(parsePersonName(given)).toBe(name);
    expect(nameFromFileName(`${given}.jpg`)).toBe(name);
  });

  it('finds people whose names have lost characters', () => {
    expect(parseEnrolledName('Jos\ufffd')).toBe('Jos\ufffd');
  });

  it('composes what came decomposed, as macOS writes file names', () => {
    expect(parsePersonName('Jose\u0301')).toBe('Jos\u00e9');
    expect(nameFromFileName('Jose\u0301.jpg')).toBe('Jos\u00e9');
  });

  it('counts code points after composing', () => {
    expect(parsePersonName('e\u0301'.repeat(MAX_NAME_CODE_POINTS))).toBe('\u00e9'.repeat(MAX_NAME_CODE_POINTS));
  });
});

const EMPTY = 'The name is empty.';
const SEPARATOR = 'A name must not contain "/" or "\\": it is a name, not a path.';
const CONTROL = 'A name must not contain control characters or line breaks.';
const invisible = (code: string, place: number) =>
  `A name must not contain invisible or direction-changing characters: U+${code} is character ${place}.`;
const LOST =
  'Characters of the name were lost on the way: "\ufffd" stands for each. Send it in UTF-8, or rename the file and send it again.';
const BROKEN = 'The name is broken text: it holds half of a character.';
const LEADING_DOT = 'A name must not start with a dot.';
const TWO_DOTS = 'A name must not contain two dots in a row.';

describe('names that are refused', () => {
  it.each([
    ['', EMPTY],
    [' \u3000 ', EMPTY],
    ['a/b', SEPARATOR],
    ['../../etc/passwd', SEPARATOR],
    ['a\\b', SEPARATOR],
    ['.', LEADING_DOT],
    ['..', LEADING_DOT],
    ['.hidden', LEADING_DOT],
    [' .hidden', LEADING_DOT],
    ['a..b', TWO_DOTS],
    ['Ada\0', CONTROL],
    ['Ada\nLovelace', CONTROL],
    ['Ada\n', CONTROL],
    ['Ada\u007f', CONTROL],
    ['Ada\u0085', CONTROL],
    ['Ada\u2028Lovelace', CONTROL],
    ['Ada\ud800', BROKEN],
    ['\udc00Ada', BROKEN],
    ['A\u202eda', invisible('202E', 2)],
    ['Ada\u2066Lovelace', invisible('2066', 4)],
    ['Ada\u200eLovelace', invisible('200E', 4)],
    ['Ada\u200bLovelace', invisible('200B', 4)],
    ['Ada\u2060Lovelace', invisible('2060', 4)],
    ['Ada\u00adLovelace', invisible('00AD', 4)],
    ['Ada\ufeffLovelace', invisible('FEFF', 4)],
    ['Ada\u3164Lovelace', invisible('3164', 4)],
    ['\u2800', invisible('2800', 1)],
    ['\u{1F469}Ada\u{E0041}', invisible('E0041', 5)],
    ['A\u200dda', invisible('200D', 2)],
    ['\u0410\u200c\u0434\u0430', invisible('200C', 2)],
    ['山\u200d田', invisible('200D', 2)],
    ['김\u200c철수', invisible('200C', 2)],
    ['דו\u200fד', invisible('200F', 3)],
    ['\u200d', EMPTY],
    ['علی\u200c\u200cرضا', invisible('200C', 4)],
    ['Ada\ufe0f', invisible('FE0F', 4)],
    ['Jos\ufffd', LOST],
    ['\ufffd', LOST],
    ['a'.repeat(101), 'A name has 100 characters at most; this one has 101.'],
    ['\u{1F469}'.repeat(101), 'A name has 100 characters at most; this one has 101.'],
  ])('%j', (name, message) => {
    expect(() => parsePersonName(name)).toThrow(expect.objectContaining({ code: 'bad_name', message }));
  });
});

describe('the name in a file name', () => {
  it.each([
    ['Ada Lovelace.jpg', 'Ada Lovelace'],
    ['Ada Lovelace', 'Ada Lovelace'],
    ['Sammy Davis Jr..jpg', 'Sammy Davis Jr.'],
    ['Dr. Who', 'Dr. Who'],
    ['J. R. R. Tolkien.jpeg', 'J. R. R. Tolkien'],
    ['archive.tar.gz', 'archive.tar'],
    ['山田 太郎.PNG', '山田 太郎'],
    [' Ada .jpg', 'Ada'],
    ['3.jpg', '3'],
    ['<img src=x onerror=alert(1)>.jpg', '<img src=x onerror=alert(1)>'],
  ])('%j is %j', (fileName, name) => {
    expect(nameFromFileName(fileName)).toBe(name);
  });

  const PATH = 'The file name contains "/" or "\\": send the bare file name, such as "Ada Lovelace.jpg".';
  it.each([
    ['C:\\fakepath\\Ada.jpg', PATH],
    ['a/b.jpg', PATH],
    ['../Ada.jpg', PATH],
    ['Ada.jpg/..', PATH],
    ['.jpg', EMPTY],
    ['..jpg', LEADING_DOT],
    ['...jpg', LEADING_DOT],
    ['Ada\0.jpg', CONTROL],
    ['A\u202egpj.ad.jpg', invisible('202E', 2)],
    [`${'a'.repeat(101)}.jpg`, 'A name has 100 characters at most; this one has 101.'],
  ])('%j is refused', (fileName, message) => {
    expect(() => nameFromFileName(fileName)).toThrow(expect.objectContaining({ code: 'bad_name', message }));
  });
});
