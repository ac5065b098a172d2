import { readFile, stat } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import { ZipArchive } from '../../shared/archive/zip-archive.js';
import { RostroError } from '../../shared/errors.js';
import { FolderSource, tooLarge } from './folder-source.js';
import { parsePhotoList } from './photo-list.js';
import { isMeant, type PhotoSource } from './photo-source.js';
import { type ImportPlan, type NamedBy, planFromList, planFromPaths } from './plan.js';

export interface OpenedImport {
  readonly plan: ImportPlan;
  readonly source: PhotoSource;
}

/** A list of photos is text, and read whole. */
const MAX_LIST_BYTES = 256 * 1024 * 1024;

/**
 * Opens a folder, a ZIP archive, or a CSV file that lists photos beside it.
 * @throws RostroError `no_file`, `bad_archive`, `bad_list`; nothing has been changed then
 */
export async function openImport(path: string, by: NamedBy = 'folder'): Promise<OpenedImport> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new RostroError('no_file', `Cannot read ${path}: ${(cause as Error).message}.`, { cause });
  });
  if (found.isDirectory()) return planOver(await FolderSource.open(path), by);
  const extension = extname(path).toLowerCase();
  if (extension === '.csv' || extension === '.tsv') {
    return { plan: planFromList(parsePhotoList(await readFile(path))), source: FolderSource.at(dirname(path)) };
  }
  return planOver(await ArchiveSource.open(path), by);
}

/** A CSV file beside the photos, at the top, says who is on them; otherwise their folders or their names do. */
export async function planOver(source: PhotoSource, by: NamedBy): Promise<OpenedImport> {
  try {
    return { plan: await planOf(source, by), source };
  } catch (error) {
    await source.close();
    throw error;
  }
}

async function planOf(source: PhotoSource, by: NamedBy): Promise<ImportPlan> {
  const lists = source.files.filter((file) => /^[^/]+\.[ct]sv$/i.test(file));
  if (lists.length > 1) {
    throw new RostroError('bad_list', `There are several lists of photos (${lists.join(', ')}): leave one of them.`);
  }
  if (lists.length === 1) return planFromList(parsePhotoList(await source.read(lists[0], MAX_LIST_BYTES)));
  if (source.files.length === 0) throw new RostroError('no_file', 'There are no photos in it.');
  return planFromPaths(source.files, by);
}

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
