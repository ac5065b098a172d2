import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type ArchiveBytes, ZipArchive } from '../../shared/archive/zip-archive.js';
import { RostroError } from '../../shared/errors.js';
import type { Encoding } from '../../shared/text-encoding.js';
import { filesBelow, NormalisedFiles, NormalisedPaths } from './file-names.js';
import type { UploadFolder } from './upload-folder.js';

/** Photos to import. Paths have forward slashes. */
export interface PhotoSource {
  /** All user files, sorted. */
  readonly files: readonly string[];
  /**
   * @param path one of `files`, or another path that a list contains
   * @throws RostroError `no_file`, `upload_too_large`, `bad_archive`
   */
  read(path: string, maxBytes: number): Promise<Uint8Array>;
  /** Deletes uploaded photos, except these. An archive is kept as a whole. */
  keepOnly?(paths: ReadonlySet<string>): Promise<void>;
  /** Deletes these uploaded photos; in an archive, overwrites them. */
  erase?(paths: ReadonlySet<string>): Promise<void>;
  close(): Promise<void>;
}

/** Files and folders that operating systems and storage devices create. */
const SYSTEM_FILES = new Set(['__MACOSX', 'Thumbs.db', 'ehthumbs.db', 'desktop.ini', 'Icon\r', '@eaDir', '#recycle']);

/** Whether the file is neither hidden nor a system file. */
export function isUserFile(path: string): boolean {
  return path.split('/').every((part) => part !== '' && !part.startsWith('.') && !SYSTEM_FILES.has(part));
}

/** A path that a client sent: with forward slashes, without `./` or `/` at its start. */
export function relativePath(path: string): string {
  return path.replaceAll('\\', '/').replace(/^(?:\.?\/)+/, '');
}

/** The files of a folder and its subfolders. Follows links to files, not to folders. */
export class FolderSource implements PhotoSource {
  readonly files: readonly string[];
  private readonly unlisted = new NormalisedFiles();

  private constructor(
    private readonly folder: string,
    private readonly places: ReadonlyMap<string, Buffer>,
  ) {
    this.files = [...places.keys()].filter(isUserFile).sort();
  }

  /** @param encoding of names that are not UTF-8 @throws RostroError `no_file`, `encoding_unknown`, `bad_name` */
  static async open(folder: string, encoding?: Encoding): Promise<FolderSource> {
    const places = await filesBelow(folder, encoding).catch((cause: unknown) => {
      if (cause instanceof RostroError) throw cause;
      throw new RostroError('no_file', `Cannot read the folder ${folder}: ${reasonOf(cause)}.`, { cause });
    });
    return new FolderSource(folder, places);
  }

  /** For a list of photos: does not scan the folder. */
  static at(folder: string): FolderSource {
    return new FolderSource(folder, new Map());
  }

  async read(path: string, maxBytes: number): Promise<Uint8Array> {
    const file = this.places.get(path) ?? (await this.unlisted.find(resolve(this.folder, path)));
    try {
      const { size } = await stat(file);
      if (size > maxBytes) throw tooLarge(size, maxBytes);
      return await readFile(file);
    } catch (cause) {
      return cannotRead(cause);
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function cannotRead(cause: unknown): never {
  if (cause instanceof RostroError) throw cause;
  throw new RostroError('no_file', `The file cannot be read: ${reasonOf(cause)}.`, { cause });
}

export function tooLarge(bytes: number, maxBytes: number): RostroError {
  return new RostroError('upload_too_large', `The file has ${bytes} bytes; a photo may have ${maxBytes}.`);
}

function reasonOf(cause: unknown): string {
  return (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'it does not exist' : (cause as Error).message;
}

/** An uploaded file. */
export interface ReceivedFile {
  /** Path given by the client, with forward slashes. Never used as a path on the server. */
  readonly path: string;
  /** File name in the folder of the import. */
  readonly stored: string;
}

/** Uploaded photos, under the paths given by the client. */
export class UploadedSource implements PhotoSource {
  files: readonly string[];
  private readonly received: readonly ReceivedFile[];
  private readonly stored: ReadonlyMap<string, string>;
  private readonly paths: NormalisedPaths;

  /** Of several files with the same path, the last one is used. */
  constructor(
    private readonly folder: UploadFolder,
    received: readonly ReceivedFile[],
  ) {
    this.received = received.map(({ path, stored }) => ({ path: relativePath(path), stored }));
    this.stored = new Map(this.received.map(({ path, stored }) => [path, stored]));
    this.files = [...this.stored.keys()].filter(isUserFile).sort();
    this.paths = new NormalisedPaths(this.files);
  }

  async read(path: string, maxBytes: number): Promise<Uint8Array> {
    const stored = this.stored.get(path) ?? this.stored.get(this.paths.find(path));
    if (stored === undefined) throw new RostroError('no_file', 'No such file was sent.');
    const bytes = await this.folder.size(stored).catch(cannotRead);
    if (bytes > maxBytes) throw tooLarge(bytes, maxBytes);
    return this.folder.read(stored).catch(cannotRead);
  }

  async keepOnly(paths: ReadonlySet<string>): Promise<void> {
    const kept = new Set([...paths].flatMap((path) => [path, this.paths.find(path)]));
    for (const { path, stored } of this.received) if (!kept.has(path)) await this.folder.remove(stored);
  }

  async erase(paths: ReadonlySet<string>): Promise<void> {
    const erased = new Set([...paths].flatMap((path) => [path, this.paths.find(path)]));
    this.files = this.files.filter((path) => !erased.has(path));
    for (const { path, stored } of this.received) if (erased.has(path)) await this.folder.remove(stored);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Protects against zip bombs: a million files, a terabyte. Larger imports must be split. */
const LIMITS = { maxEntries: 1_000_000, maxTotalBytes: 2 ** 40 };

/** The files of a ZIP archive, extracted one by one. */
export class ArchiveSource implements PhotoSource {
  files: readonly string[];
  private readonly sizes: Map<string, number>;
  private readonly paths: NormalisedPaths;

  private constructor(private readonly archive: ZipArchive) {
    this.sizes = new Map(archive.files.map(({ path, bytes }) => [path, bytes]));
    this.files = [...this.sizes.keys()].filter(isUserFile).sort();
    this.paths = new NormalisedPaths(this.files);
  }

  /** @param encoding of names that are not UTF-8 @throws RostroError `bad_archive`, `encoding_unknown`, `no_file` */
  static async open(archive: string | ArchiveBytes, encoding?: Encoding): Promise<ArchiveSource> {
    try {
      return new ArchiveSource(await ZipArchive.open(archive, LIMITS, encoding));
    } catch (cause) {
      if (cause instanceof RostroError) throw cause;
      const path = typeof archive === 'string' ? archive : 'the archive';
      throw new RostroError('no_file', `Cannot read ${path}: ${(cause as Error).message}.`, { cause });
    }
  }

  async read(listed: string, maxBytes: number): Promise<Uint8Array> {
    const path = this.sizes.has(listed) ? listed : this.paths.find(listed);
    const bytes = this.sizes.get(path);
    if (bytes === undefined) throw new RostroError('no_file', 'The archive has no such file.');
    if (bytes > maxBytes) throw tooLarge(bytes, maxBytes);
    return this.archive.read(path);
  }

  async erase(paths: ReadonlySet<string>): Promise<void> {
    this.files = this.files.filter((path) => !paths.has(path));
    for (const path of paths) if (this.sizes.delete(path)) await this.archive.erase(path);
  }

  close(): Promise<void> {
    this.archive.close();
    return Promise.resolve();
  }
}
