import * as zlib from 'node:zlib';
import { Readable } from 'node:stream';
import { type Entry, fromRandomAccessReaderPromise, openPromise, RandomAccessReader, type ZipFile } from 'yauzl';
import { RostroError } from '../errors.js';
import type { Encoding } from '../text-encoding.js';
import { nameEntries } from './zip-names.js';

export interface ArchivedFile {
  /** As stored in the archive: relative, with forward slashes, without `..`. */
  readonly path: string;
  /** Uncompressed size as the archive states it; checked when the file is read. */
  readonly bytes: number;
}

/** An archive that is read in parts. */
export interface ArchiveBytes {
  readonly size: number;
  /** @returns fewer bytes at the end of the archive */
  read(start: number, length: number): Promise<Buffer>;
  close(): Promise<void>;
}

const CHUNK_BYTES = 64 * 1024;

class BytesReader extends RandomAccessReader {
  constructor(private readonly bytes: ArchiveBytes) {
    super();
  }

  override _readStreamForRange(start: number, end: number): Readable {
    const { bytes } = this;
    return Readable.from(
      (async function* () {
        for (let at = start; at < end; at += CHUNK_BYTES) yield await bytes.read(at, Math.min(CHUNK_BYTES, end - at));
      })(),
    );
  }

  /** yauzl's own makes a stream for every read, of which there are two for each file. */
  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, bytesRead?: number) => void,
  ): void {
    this.bytes.read(position, length).then((part) => callback(null, part.copy(buffer, offset)), callback);
  }

  override close(callback: (error: Error | null) => void): void {
    this.bytes.close().then(() => callback(null), callback);
  }
}

/** @param archive path or content */
async function openZip(archive: string | ArchiveBytes): Promise<ZipFile> {
  const options = { lazyEntries: true, autoClose: false, decodeStrings: false };
  if (typeof archive === 'string') return openPromise(archive, options);
  return fromRandomAccessReaderPromise(new BytesReader(archive), archive.size, options).catch(
    async (error: unknown) => {
      await archive.close();
      throw error;
    },
  );
}

/** A ZIP archive on the disk, read file by file in any order. Nothing is extracted to paths that the archive names. */
export class ZipArchive {
  private constructor(
    private readonly zip: ZipFile,
    private readonly entries: ReadonlyMap<string, Entry>,
  ) {}

  /**
   * Reads the archive's directory. Rejects the whole archive where any entry is truncated or damaged, has an absolute path or
   * `../`, is a link or encrypted, has the name of another entry, or is a ZIP bomb.
   * @param encoding of the names that are not UTF-8
   * @throws RostroError `bad_archive`, `encoding_unknown`; the file system's error
   */
  static async open(archive: string | ArchiveBytes, limits: ArchiveLimits, encoding?: Encoding): Promise<ZipArchive> {
    const zip = await openZip(archive).catch(unreadable);
    try {
      const entries: Entry[] = [];
      for await (const entry of zip.eachEntry()) {
        if (entries.push(entry) > limits.maxEntries) {
          throw badArchive('bomb', `It holds more than ${limits.maxEntries} files.`);
        }
      }
      nameEntries(entries, encoding);
      checkDirectory(entries, zip.fileSize, limits);
      const files = entries.filter(({ fileName }) => !fileName.endsWith('/'));
      return new ZipArchive(zip, new Map(files.map((entry) => [entry.fileName, entry])));
    } catch (error) {
      zip.close();
      return unreadable(error);
    }
  }

  /** Every file, in the order of the archive. */
  get files(): readonly ArchivedFile[] {
    return [...this.entries].map(([path, { uncompressedSize }]) => ({ path, bytes: uncompressedSize }));
  }

  has(path: string): boolean {
    return this.entries.has(path);
  }

  /**
   * Reads a file and checks its length and its checksum.
   * @throws RostroError `bad_archive`, also where there is no such file
   */
  async read(path: string): Promise<Uint8Array> {
    const entry = this.entries.get(path);
    if (!entry) throw badArchive('missing', `It has no ${path}.`, path);
    const chunks: Buffer[] = [];
    try {
      // yauzl ends the stream with an error as soon as the data does not have the length that the directory states.
      for await (const chunk of await this.zip.openReadStreamPromise(entry)) chunks.push(chunk as Buffer);
    } catch (error) {
      return unreadable(error, path);
    }
    const bytes = Buffer.concat(chunks);
    if (crc32 && crc32(bytes) !== entry.crc32) throw badArchive('damaged', `Its ${path} has a wrong checksum.`, path);
    return bytes;
  }

  close(): void {
    this.zip.close();
  }
}

/** Available from Node.js 20.15. */
const { crc32 } = zlib as { readonly crc32?: (bytes: Uint8Array) => number };

/** Start of yauzl's error messages for unsafe names. */
const UNSAFE_NAME = /^(?:invalid relative path|absolute path|invalid characters in fileName): /;

function unreadable(error: unknown, path?: string): never {
  if (!(error instanceof Error) || error.name === 'RostroError') throw error;
  const { syscall, code } = error as NodeJS.ErrnoException;
  if (syscall !== undefined) throw error;
  if (UNSAFE_NAME.test(error.message)) throw badArchive('unsafe_path', `It holds an ${error.message}.`);
  if (/encryption/.test(error.message)) throw badArchive('encrypted', 'It is encrypted.');
  const file = path === undefined ? 'It' : `Its ${path}`;
  const reason = code?.startsWith('Z_') ? 'cannot be inflated' : `is damaged or cut short: ${error.message}`;
  throw badArchive('damaged', `${file} ${reason}${reason.endsWith('.') ? '' : '.'}`, path);
}

export interface ArchiveLimits {
  readonly maxEntries: number;
  /** Of all files together, uncompressed. */
  readonly maxTotalBytes: number;
}

/** A large file with a higher compression ratio is rejected: JPEG and PNG files hardly compress. */
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
 * Rejects what an archive of photos never has. yauzl has checked before that names are relative.
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

/** Why an archive is rejected: `details.reason` of `bad_archive`. */
export type ArchiveFault =
  | 'damaged'
  | 'unsafe_path'
  | 'link'
  | 'encrypted'
  | 'unsupported'
  | 'duplicate'
  | 'bomb'
  | 'missing'
  | 'unknown_content';

/**
 * @param sentence what is wrong
 * @param entry the file in the archive that is wrong
 */
export function badArchive(reason: ArchiveFault, sentence: string, entry?: string): RostroError {
  return new RostroError('bad_archive', `The archive cannot be used, and nothing was changed. ${sentence}`, {
    details: { reason, ...(entry !== undefined && { entry }) },
  });
}
