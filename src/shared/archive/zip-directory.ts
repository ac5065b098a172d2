import type { Entry } from 'yauzl';
import { badArchive } from './archive-error.js';

export interface ArchiveLimits {
  readonly maxEntries: number;
  /** Of all files together, inflated. */
  readonly maxTotalBytes: number;
}

/** A file that inflates to more than this many times its size, and is large, is no photo: JPEG and PNG do not shrink. */
const MAX_RATIO = 200;
const LARGE_BYTES = 10 * 1024 * 1024;
/** Method numbers: APPNOTE.TXT, 4.4.5. */
const STORED = 0;
const DEFLATED = 8;
/** Upper byte of "version made by": the attributes are those of Unix. APPNOTE.TXT, 4.4.2. */
const UNIX = 3;
const FILE_TYPE = 0o170000;
const REGULAR_FILE = 0o100000;
const FOLDER = 0o040000;

/**
 * Refuses what no honest archive of photos has. Names have been held to be relative before.
 * @param fileSize of the archive, bytes
 * @throws RostroError `bad_archive`
 */
export function checkDirectory(
  entries: readonly Entry[],
  fileSize: number,
  { maxTotalBytes }: Pick<ArchiveLimits, 'maxTotalBytes'>,
): void {
  const seen = new Set<string>();
  let total = 0;
  for (const entry of entries) {
    const { fileName } = entry;
    if (seen.has(fileName)) throw badArchive('duplicate', `It holds two files called ${fileName}.`, fileName);
    seen.add(fileName);
    checkEntry(entry);
    total += entry.uncompressedSize;
  }
  if (total > maxTotalBytes) {
    throw badArchive('bomb', `Its files would take ${total} bytes; ${maxTotalBytes} are allowed.`);
  }
  checkOverlaps(entries, fileSize);
}

function checkEntry(entry: Entry): void {
  const { fileName, compressionMethod, compressedSize, uncompressedSize } = entry;
  if (entry.isEncrypted()) throw badArchive('encrypted', `Its ${fileName} is encrypted.`, fileName);
  if (isSpecial(entry)) throw badArchive('link', `Its ${fileName} is a link or another special file.`, fileName);
  if (compressionMethod !== STORED && compressionMethod !== DEFLATED) {
    throw badArchive('unsupported', `Its ${fileName} is compressed by another method than "deflate".`, fileName);
  }
  if (uncompressedSize > LARGE_BYTES && uncompressedSize > MAX_RATIO * compressedSize) {
    throw badArchive('bomb', `Its ${fileName} would inflate to ${uncompressedSize} bytes.`, fileName);
  }
}

function isSpecial({ versionMadeBy, externalFileAttributes }: Entry): boolean {
  const type = (externalFileAttributes >>> 16) & FILE_TYPE;
  return versionMadeBy >>> 8 === UNIX && type !== 0 && type !== REGULAR_FILE && type !== FOLDER;
}

/** Files that share their bytes make a small archive inflate to any size (David Fifield, "A better zip bomb", 2019). */
function checkOverlaps(entries: readonly Entry[], fileSize: number): void {
  const ascending = [...entries].sort((a, b) => a.relativeOffsetOfLocalHeader - b.relativeOffsetOfLocalHeader);
  ascending.forEach(({ fileName, relativeOffsetOfLocalHeader: start, compressedSize }, i) => {
    const end = i + 1 < ascending.length ? ascending[i + 1].relativeOffsetOfLocalHeader : fileSize;
    if (start + compressedSize <= end) return;
    if (i + 1 < ascending.length) throw badArchive('bomb', `Its ${fileName} overlaps another file.`, fileName);
    throw badArchive('damaged', `It is cut short: ${fileName} ends beyond its end.`, fileName);
  });
}
