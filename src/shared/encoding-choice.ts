import { RostroError } from './errors.js';
import { decode, type Encoding, ENCODINGS, hasLostCharacters } from './text-encoding.js';

/** No code page makes these of a name, but a wrong one does: symbols, lines, controls, a letter between Chinese ones. */
const GARBAGE =
  /[^\p{L}\p{M}\p{Nd}\p{Zs} -~\u2010-\u201f\u3000-\u303f\uff00-\uffef·]|\p{Co}|\p{Script=Latin}\p{Script=Han}|\p{Script=Han}\p{Script=Latin}/u;

/** Whether a name was probably read in a wrong encoding. */
export function isGarbled(name: string): boolean {
  return GARBAGE.test(name);
}

/** Names that are read to compare encodings, and that the error holds. */
const COMPARED = 1000;
const SHOWN = 5;

/** How names read in one encoding: in `details.encodings` of `encoding_unknown`, the likeliest first. */
export interface EncodingPreview {
  readonly encoding: Encoding;
  readonly names: readonly string[];
}

/**
 * Asks for the encoding of names.
 * @param what the sentence's subject
 * @param names not UTF-8, one at least
 */
export function encodingUnknown(what: string, names: readonly Uint8Array[]): RostroError {
  const encodings = previewsOf(names.slice(0, COMPARED));
  const byName = new Map<string, Encoding[]>();
  for (const { encoding, names: read } of encodings) byName.set(read[0], [...(byName.get(read[0]) ?? []), encoding]);
  const choices = [...byName].map(([name, same]) => `${same.join(' or ')} for "${name}"`).join(', ');
  return new RostroError(
    'encoding_unknown',
    `${what} are not UTF-8, and nothing says what they are. Give the encoding in which they read right: ${choices}.`,
    { details: { encodings } },
  );
}

function previewsOf(names: readonly Uint8Array[]): EncodingPreview[] {
  const read = ENCODINGS.map((encoding) => ({ encoding, names: names.map((name) => decode(name, encoding)) }));
  const isPossible = (name: string) => !hasLostCharacters(name) && !/[\p{Cc}\p{Co}\u2500-\u259f]/u.test(name);
  const possible = read.filter((one) => one.names.every(isPossible));
  const garbled = (one: EncodingPreview) => one.names.filter(isGarbled).length;
  return (possible.length > 0 ? possible : read)
    .map((one) => ({ one, faults: garbled(one) }))
    .sort((a, b) => a.faults - b.faults)
    .map(({ one }) => ({ ...one, names: one.names.slice(0, SHOWN) }));
}
