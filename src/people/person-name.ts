import { RostroError } from '../shared/errors.js';

/** In Unicode code points after NFC: an umlaut is one, a flag emoji two. */
export const MAX_NAME_CODE_POINTS = 100;

/** Letters of scripts that use joiners in spelling, which excludes Latin, Greek and Cyrillic. */
const JOINED_LETTER = String.raw`(?![\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}])[\p{L}\p{M}]`;
const JOINED_MARK = String.raw`(?!\p{Script=Inherited})\p{M}`;
const EMOJI = String.raw`[\p{Extended_Pictographic}\p{Emoji_Modifier}\uFE0F]`;

/**
 * U+200C and U+200D where spelling needs them: inside a word (Persian and Indic names, after RFC 5892, appendix A),
 * after a mark at the end of a word (the older spelling of Malayalam chillu letters), and inside one emoji.
 */
const SPELLING_JOINER = new RegExp(
  `(?<=${JOINED_LETTER})[\\u200C\\u200D](?=${JOINED_LETTER})|(?<=${JOINED_MARK})[\\u200C\\u200D]` +
    `|(?<=${EMOJI})\\u200D(?=\\p{Extended_Pictographic})`,
  'gu',
);
/** Select a glyph variant: used in Japanese family names and for coloured emoji. */
const VARIATION_SELECTOR = new RegExp(
  `(?<=${JOINED_LETTER}|\\p{Extended_Pictographic})[\\uFE00-\\uFE0F\\u{E0100}-\\u{E01EF}]`,
  'gu',
);
/** Format characters, bidi controls, zero-width spaces, fillers, the blank braille pattern. */
const INVISIBLE = /[\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u;
/** C0 and C1 controls, line and paragraph separator. */
const CONTROL = /[\p{Cc}\u2028\u2029]/u;
const LONE_SURROGATE = /\p{Cs}/u;
/** A dot and the word after it. `Dr. Who` has no extension. */
export const EXTENSION = /\.[^.\s]*$/u;

/**
 * Validates and normalises a name: trims white space and converts to NFC, so that the same name typed on two systems
 * is equal.
 *
 * Refused, because names become part of paths and links, or because two names would look the same: empty names, path
 * separators, control characters, `..`, a leading dot, invisible and direction-changing characters except joiners that
 * the spelling needs, lone surrogates, more than 100 code points. All other names are allowed; output code must escape
 * them.
 * @throws RostroError `bad_name`
 */
export function parsePersonName(text: string): string {
  if (LONE_SURROGATE.test(text)) throw badName('The name is broken text: it holds half of a character.');
  if (CONTROL.test(text)) throw badName('A name must not contain control characters or line breaks.');
  const name = text.trim().normalize('NFC');
  if (name === '') throw badName('The name is empty.');
  if (/[/\\]/.test(name)) throw badName('A name must not contain "/" or "\\": it is a name, not a path.');
  if (name.startsWith('.')) throw badName('A name must not start with a dot.');
  if (name.includes('..')) throw badName('A name must not contain two dots in a row.');
  if (hasInvisible(name)) {
    throw badName('A name must not contain invisible or direction-changing characters.');
  }
  const length = Array.from(name).length;
  if (length > MAX_NAME_CODE_POINTS) {
    throw badName(`A name has ${MAX_NAME_CODE_POINTS} characters at most; this one has ${length}.`);
  }
  return name;
}

/**
 * The file name without its extension: `Sammy Davis Jr..jpg` gives `Sammy Davis Jr.`
 * Paths (`a/b.jpg`, `C:\fakepath\Ada.jpg`) are refused, because the wrong part could enrol a face under the wrong name.
 * @throws RostroError `bad_name` as {@link parsePersonName} does
 */
export function nameFromFileName(fileName: string): string {
  if (/[/\\]/.test(fileName)) {
    throw badName('The file name contains "/" or "\\": send the bare file name, such as "Ada Lovelace.jpg".');
  }
  return parsePersonName(fileName.replace(EXTENSION, ''));
}

/** Whether the text contains invisible characters (except joiners that the spelling needs) or lone surrogates. */
export function hasInvisible(text: string): boolean {
  if (LONE_SURROGATE.test(text) || CONTROL.test(text)) return true;
  return INVISIBLE.test(text.replace(SPELLING_JOINER, '').replace(VARIATION_SELECTOR, ''));
}

function badName(message: string): RostroError {
  return new RostroError('bad_name', message);
}
