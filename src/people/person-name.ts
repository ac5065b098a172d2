import { RostroError } from '../shared/errors.js';

/** Counted in Unicode code points after NFC: an umlaut is one, a flag emoji two. */
export const MAX_NAME_CODE_POINTS = 100;

/** Letters of the scripts that spell with joiners; Latin, Greek and Cyrillic never do. */
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
/** They choose between shapes of one character: Japanese family names are told apart with them, emoji coloured. */
const VARIATION_SELECTOR = new RegExp(
  `(?<=${JOINED_LETTER}|\\p{Extended_Pictographic})[\\uFE00-\\uFE0F\\u{E0100}-\\u{E01EF}]`,
  'gu',
);
/** What a reader does not see: format characters, bidi controls, zero-width spaces, fillers, the empty braille cell. */
const INVISIBLE = /[\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u;
/** C0 and C1 controls, and the two separators that end a line. */
const CONTROL = /[\p{Cc}\u2028\u2029]/u;
const LONE_SURROGATE = /\p{Cs}/u;
/** A dot and what follows it, where that is one word. `Dr. Who` ends in no extension. */
const EXTENSION = /\.[^.\s]*$/u;

/**
 * A person's name as the gallery keeps it: outer white space gone, otherwise as written, in Unicode's composed form
 * (NFC), so that one name typed on two systems is one person.
 *
 * Refused, because a name becomes part of paths and links, or because two people would read the same: nothing,
 * separators, control characters, `..`, a leading dot, invisible and direction-changing characters other than
 * joiners that spelling needs, broken Unicode, more than 100 code points.
 * Everything else is a name, however odd; whoever shows it escapes it.
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
  if (holdsInvisible(name)) {
    throw badName('A name must not contain invisible or direction-changing characters.');
  }
  const length = Array.from(name).length;
  if (length > MAX_NAME_CODE_POINTS) {
    throw badName(`A name has ${MAX_NAME_CODE_POINTS} characters at most; this one has ${length}.`);
  }
  return name;
}

/**
 * The name in a photo's file name: all but the last extension, so `Sammy Davis Jr..jpg` is Sammy Davis Jr.
 * A name that comes with a path (`a/b.jpg`, `C:\fakepath\Ada.jpg`) is refused and not cut: guessing which part was
 * meant could enrol a face under the wrong person.
 * @throws RostroError `bad_name` as {@link parsePersonName} does
 */
export function nameFromFileName(fileName: string): string {
  if (/[/\\]/.test(fileName)) {
    throw badName('The file name contains "/" or "\\": send the bare file name, such as "Ada Lovelace.jpg".');
  }
  return parsePersonName(fileName.replace(EXTENSION, ''));
}

/** Whether a reader would miss something in it: anything invisible but joiners that spelling needs, or half a character. */
export function holdsInvisible(text: string): boolean {
  if (LONE_SURROGATE.test(text) || CONTROL.test(text)) return true;
  return INVISIBLE.test(text.replace(SPELLING_JOINER, '').replace(VARIATION_SELECTOR, ''));
}

function badName(message: string): RostroError {
  return new RostroError('bad_name', message);
}
