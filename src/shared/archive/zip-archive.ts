import * as zlib from 'node:zlib';
import { openPromise, type Entry, type ZipFile } from 'yauzl';
import { badArchive } from './archive-error.js';
import { checkDirectory, type ArchiveLimits } from './zip-directory.js';

export interface ArchivedFile {
  /** As the archive has it, with forward slashes; relative, and without detours. */
  readonly path: string;
  /** Inflated, as the archive states it; it is held to that when the file is read. */
  readonly bytes: number;
}

/** A ZIP archive on the disk, read file by file in any order; nothing is ever unpacked to a path of its choosing. */
export class ZipArchive {
  private constructor(
    private readonly zip: ZipFile,
    private readonly entries: ReadonlyMap<string, Entry>,
  ) {}

  /**
   * Reads the archive's directory and refuses it as a whole where anything in it is not as it should be: cut or damaged,
   * `../` and absolute paths, links, encrypted files, two files of one name, a bomb.
   * @throws RostroError `bad_archive`; the file system's error
   */
  static async open(path: string, limits: ArchiveLimits): Promise<ZipArchive> {
    const zip = await openPromise(path, { lazyEntries: true, autoClose: false }).catch(unreadable);
    try {
      const entries: Entry[] = [];
      for await (const entry of zip.eachEntry()) {
        if (entries.push(entry) > limits.maxEntries) {
          throw badArchive('bomb', `It holds more than ${limits.maxEntries} files.`);
        }
      }
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
   * One file, whole. It is held to the length and the checksum that the archive states, while it is inflated.
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

/** Node.js has it from 20.15 on. */
const { crc32 } = zlib as { readonly crc32?: (bytes: Uint8Array) => number };

/** yauzl's words for what it refuses by itself. */
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
