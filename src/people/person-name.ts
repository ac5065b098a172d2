import { RostroError } from '../shared/errors.js';
import { hasLostCharacters } from '../shared/text-encoding.js';

/** In Unicode code points after NFC: an umlaut is one, a flag emoji two. */
export const MAX_NAME_CODE_POINTS = 100;

/**
 * Letters and marks of the scripts that need joiners in spelling (UAX #31, 2.3; Unicode, 12 and 23.2): cursive ones, where
 * U+200C breaks a connection, and Indic ones, where both choose the form of a conjunct. In other scripts they are only
 * invisible.
 */
const JOINED_SCRIPTS =
  'Arab Syrc Mand Mong Nkoo Adlm Rohg Deva Beng Guru Gujr Orya Taml Telu Knda Mlym Sinh Mymr Khmr Mtei Cakm Newa Tirh Java Bali Sund'
    .split(' ')
    .map((script) => String.raw`\p{Script_Extensions=${script}}`)
    .join('');
const JOINED_LETTER = String.raw`(?=[\p{L}\p{M}])[${JOINED_SCRIPTS}]`;
const LETTER_BEFORE = String.raw`(?<=[${JOINED_SCRIPTS}])(?<=[\p{L}\p{M}])`;
const MARK_BEFORE = String.raw`(?<=[${JOINED_SCRIPTS}])(?<=(?!\p{Script=Inherited})\p{M})`;
const EMOJI = String.raw`[\p{Extended_Pictographic}\p{Emoji_Modifier}\uFE0F]`;

/**
 * U+200C and U+200D where spelling needs them: inside a word (Persian and Indic names), after a mark at the end of a word
 * (the older spelling of Malayalam chillu letters), and inside one emoji.
 */
const SPELLING_JOINER = new RegExp(
  `${LETTER_BEFORE}[\\u200C\\u200D](?=${JOINED_LETTER})|${MARK_BEFORE}\\u200D` +
    `|(?<=${EMOJI})\\u200D(?=\\p{Extended_Pictographic})`,
  'gu',
);
/** Select a glyph variant: used in Japanese family names and for coloured emoji. */
const VARIATION_SELECTOR =
  /(?<=(?![\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}])[\p{L}\p{M}]|\p{Extended_Pictographic})[\uFE00-\uFE0F\u{E0100}-\u{E01EF}]/gu;
/** Format characters, bidi controls, zero-width spaces, fillers, the blank braille pattern. */
const INVISIBLE = /[\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u;
/** What copying and right-to-left keyboards leave at the edges of a name. */
const EDGE_MARK = /[\s\p{Bidi_Control}\u200B-\u200D\u2060\uFEFF]/u;
const ENDS_WITH_MARK = new RegExp(`${MARK_BEFORE}$`, 'u');
/** C0 and C1 controls, line and paragraph separator. */
const CONTROL = /[\p{Cc}\u2028\u2029]/u;
const LONE_SURROGATE = /\p{Cs}/u;
/** A dot and the word after it. `Dr. Who` has no extension. */
export const EXTENSION = /\.[^.\s]*$/u;

/**
 * Validates and normalises a name to store: trims white space, bidi and zero-width marks and converts to NFC, so that the
 * same name typed on two systems is equal.
 *
 * Refused, because names become part of paths and links, or because two names would look the same: empty names, path
 * separators, control characters, `..`, a leading dot, invisible and direction-changing characters except joiners that
 * the spelling needs, lone surrogates, U+FFFD, more than 100 code points. All other names are allowed; output code must
 * escape them.
 * @throws RostroError `bad_name`
 */
export function parsePersonName(text: string): string {
  if (hasLostCharacters(text)) {
    throw badName(
      'Characters of the name were lost on the way: "\ufffd" stands for each. Send it in UTF-8, or rename the file and send it again.',
    );
  }
  return parseEnrolledName(text);
}

/**
 * As {@link parsePersonName}, to find an enrolled person: a gallery of an earlier version may have names with U+FFFD.
 * @throws RostroError `bad_name`
 */
export function parseEnrolledName(text: string): string {
  if (LONE_SURROGATE.test(text)) throw badName('The name is broken text: it holds half of a character.');
  if (CONTROL.test(text)) throw badName('A name must not contain control characters or line breaks.');
  const name = withoutEdgeMarks(text).normalize('NFC');
  if (name === '') throw badName('The name is empty.');
  if (/[/\\]/.test(name)) throw badName('A name must not contain "/" or "\\": it is a name, not a path.');
  if (name.startsWith('.')) throw badName('A name must not start with a dot.');
  if (name.includes('..')) throw badName('A name must not contain two dots in a row.');
  const invisible = invisiblesIn(name).at(0);
  if (invisible) {
    const { code, place } = invisible;
    throw badName(`A name must not contain invisible or direction-changing characters: ${code} is character ${place}.`);
  }
  const length = Array.from(name).length;
  if (length > MAX_NAME_CODE_POINTS) {
    throw badName(`A name has ${MAX_NAME_CODE_POINTS} characters at most; this one has ${length}.`);
  }
  return name;
}

/** Without a pattern for the end of the text, which would take quadratic time. */
function withoutEdgeMarks(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && EDGE_MARK.test(text[start])) start++;
  const isSpelling = () =>
    text[end - 1] === '\u200d' && ENDS_WITH_MARK.test(text.slice(Math.max(start, end - 3), end - 1));
  while (end > start && EDGE_MARK.test(text[end - 1]) && !isSpelling()) end--;
  return text.slice(start, end);
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
  return LONE_SURROGATE.test(text) || CONTROL.test(text) || invisiblesIn(text).length > 0;
}

/** @returns code points, such as `U+202E`, and places from 1 */
function invisiblesIn(text: string): { readonly code: string; readonly place: number }[] {
  const needed = new Set(
    [SPELLING_JOINER, VARIATION_SELECTOR].flatMap((pattern) => [...text.matchAll(pattern)].map(({ index }) => index)),
  );
  const found: { code: string; place: number }[] = [];
  let [index, place] = [0, 1];
  for (const character of text) {
    if (INVISIBLE.test(character) && !needed.has(index)) {
      const hex = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
      found.push({ code: `U+${hex}`, place });
    }
    index += character.length;
    place++;
  }
  return found;
}

function badName(message: string): RostroError {
  return new RostroError('bad_name', message);
}
