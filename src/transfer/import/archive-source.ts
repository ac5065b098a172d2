import { RostroError } from '../../shared/errors.js';
import { ZipArchive } from '../../shared/archive/zip-archive.js';
import { tooLarge } from './folder-source.js';
import { isMeant, type PhotoSource } from './photo-source.js';

/** A million photos, a terabyte: beyond that an archive is a bomb or needs to be split. */
const LIMITS = { maxEntries: 1_000_000, maxTotalBytes: 2 ** 40 };

/** The files of a ZIP archive, read from it one by one. */
export class ArchiveSource implements PhotoSource {
  readonly files: readonly string[];
  private readonly sizes: ReadonlyMap<string, number>;

  private constructor(private readonly archive: ZipArchive) {
    this.sizes = new Map(archive.files.map(({ path, bytes }) => [path, bytes]));
    this.files = [...this.sizes.keys()].filter(isMeant).sort();
  }

  /** @throws RostroError `bad_archive` before anything of it is used; `no_file` */
  static async open(path: string): Promise<ArchiveSource> {
    try {
      return new ArchiveSource(await ZipArchive.open(path, LIMITS));
    } catch (cause) {
      if (cause instanceof RostroError) throw cause;
      throw new RostroError('no_file', `Cannot read ${path}: ${(cause as Error).message}.`, { cause });
    }
  }

  async read(path: string, maxBytes: number): Promise<Uint8Array> {
    const bytes = this.sizes.get(path);
    if (bytes === undefined) throw new RostroError('no_file', 'The archive has no such file.');
    if (bytes > maxBytes) throw tooLarge(bytes, maxBytes);
    return this.archive.read(path);
  }

  close(): Promise<void> {
    this.archive.close();
    return Promise.resolve();
  }
}
