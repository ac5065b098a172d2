import { type Entry, getFileNameLowLevel, validateFileName } from 'yauzl';
import { encodingUnknown, isGarbled } from '../encoding-choice.js';
import { decode, type Encoding, utf8Of } from '../text-encoding.js';

/** General purpose bit 11: the name is UTF-8. APPNOTE.TXT, 4.4.4. */
const UTF8_FLAG = 0x800;
/** Info-ZIP's Unicode path. APPNOTE.TXT, 4.6.9. */
const UNICODE_PATH = 0x7075;

/**
 * Gives entries that were read as bytes their names. Many programs write UTF-8 without the flag for it, others the code
 * page of their system: a name is UTF-8 where it can be, otherwise in the given encoding.
 * @throws RostroError `encoding_unknown`; an Error for an unsafe path
 */
export function nameEntries(entries: readonly Entry[], encoding?: Encoding): void {
  const utf8 = entries.map((entry) => unicodePathOf(entry) ?? utf8Of(entry.fileNameRaw));
  const others = entries.filter((_, i) => utf8[i] === null).map(({ fileNameRaw }) => fileNameRaw);
  if (others.length > 0 && encoding === undefined) throw encodingUnknown('Names in the archive', others);
  for (const [i, entry] of entries.entries()) {
    const name = (others.length > 0 && encoding ? inEncoding(entry, encoding, utf8[i]) : null) ?? utf8[i];
    entry.fileName = String(name).replaceAll('\\', '/');
    const fault = validateFileName(entry.fileName);
    if (fault !== null) throw new Error(fault);
  }
}

/** @returns null without one, or where it is of another name */
function unicodePathOf({ fileNameRaw, extraFields }: Entry): string | null {
  if (!extraFields.some(({ id }) => id === UNICODE_PATH)) return null;
  const name = getFileNameLowLevel(UTF8_FLAG, fileNameRaw, extraFields, true);
  return utf8Of(fileNameRaw) === name || name.includes('\ufffd') ? null : name;
}

/** A short name of a code page may be UTF-8 by accident, and reads right in the code page; real UTF-8 does not. */
function inEncoding(entry: Entry, encoding: Encoding, utf8: string | null): string | null {
  if (utf8 !== null && (entry.generalPurposeBitFlag & UTF8_FLAG) !== 0) return null;
  if (unicodePathOf(entry) !== null) return null;
  const name = decode(entry.fileNameRaw, encoding);
  return utf8 !== null && isGarbled(name) ? null : name;
}
