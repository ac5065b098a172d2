import { createHash } from 'node:crypto';

/** Most file systems take 255 bytes; this leaves room for `.json`, `~` and the hash. */
const MAX_STEM_BYTES = 200;
const HASH_DIGITS = 10;
/** Refused by Windows: learn.microsoft.com, "Naming Files, Paths, and Namespaces". Controls and separators too. */
// eslint-disable-next-line no-control-regex
const RESERVED_CHARACTER = /[<>:"|?*/\\\u0000-\u001f\u007f]/gu;
const RESERVED_NAME = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])\s*(?:\.|$)/iu;
/** Windows drops a dot or a blank at the end; a dot at the start hides a file. */
const LOSSY_EDGE = /^\.|[. ]$/u;
/** How {@link markedStem} ends; a plain name that ends so could be taken for one. */
const MARK = new RegExp(`~[0-9a-f]{${HASH_DIGITS}}$`, 'u');

/**
 * The file name, without extension, that a person's files get: the name itself wherever every common file system
 * keeps it as it is, otherwise {@link markedStem}. The true name is always in the sidecar.
 */
export function plainStem(name: string): string {
  const risky =
    name === '' ||
    Buffer.byteLength(name) > MAX_STEM_BYTES ||
    name.search(RESERVED_CHARACTER) >= 0 ||
    [RESERVED_NAME, LOSSY_EDGE, MARK].some((pattern) => pattern.test(name));
  return risky ? markedStem(name) : name;
}

/** The readable part of a name, `~`, and ten digits of the name's SHA-256; `attempt` gives another for the same name. */
export function markedStem(name: string, attempt = 0): string {
  const seed = attempt === 0 ? name : `${name}/${attempt}`;
  const hash = createHash('sha256').update(seed).digest('hex').slice(0, HASH_DIGITS);
  const readable = name.replace(RESERVED_CHARACTER, '_').replace(LOSSY_EDGE, '_');
  return `${shorten(RESERVED_NAME.test(readable) ? `_${readable}` : readable)}~${hash}`;
}

/**
 * Equal for two stems that a file system without regard to case or to Unicode composition (NTFS, APFS, HFS+) may take
 * for one file. It folds more than any of them does: a needless mark costs nothing.
 */
export function foldedStem(stem: string): string {
  return stem.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC');
}

function shorten(text: string): string {
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > MAX_STEM_BYTES - HASH_DIGITS - 1) break;
    end += character.length;
  }
  return text.slice(0, end);
}
