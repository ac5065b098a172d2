import { readFile, stat } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import { RostroError } from '../../shared/errors.js';
import type { Encoding } from '../../shared/text-encoding.js';
import { parsePhotoList } from './photo-list.js';
import { ArchiveSource, FolderSource, type PhotoSource } from './photo-sources.js';
import { type ImportPlan, type NamedBy, planFromList, planFromPaths } from './plan.js';

export interface OpenedImport {
  readonly plan: ImportPlan;
  readonly source: PhotoSource;
}

/** Maximum size of a list of photos, which is read as a whole. */
const MAX_LIST_BYTES = 256 * 1024 * 1024;

/**
 * Opens a folder, a ZIP archive, or a CSV file that lists photos in its folder.
 * @param encoding of names that are not UTF-8
 * @throws RostroError `no_file`, `bad_archive`, `bad_list`, `encoding_unknown`
 */
export async function openImport(path: string, by: NamedBy = 'folder', encoding?: Encoding): Promise<OpenedImport> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new RostroError('no_file', `Cannot read ${path}: ${(cause as Error).message}.`, { cause });
  });
  if (found.isDirectory()) return planOver(await FolderSource.open(path, encoding), by, encoding);
  const extension = extname(path).toLowerCase();
  if (extension === '.csv' || extension === '.tsv') {
    return {
      plan: planFromList(parsePhotoList(await readFile(path), { encoding })),
      source: FolderSource.at(dirname(path)),
    };
  }
  return planOver(await ArchiveSource.open(path, encoding), by, encoding);
}

/** Names come from a CSV file in the root folder where there is one, otherwise from folder or file names. */
export async function planOver(source: PhotoSource, by: NamedBy, encoding?: Encoding): Promise<OpenedImport> {
  try {
    return { plan: await planOf(source, by, encoding), source };
  } catch (error) {
    await source.close();
    throw error;
  }
}

async function planOf(source: PhotoSource, by: NamedBy, encoding?: Encoding): Promise<ImportPlan> {
  const lists = source.files.filter((file) => /^[^/]+\.[ct]sv$/i.test(file));
  if (lists.length > 1) {
    throw new RostroError('bad_list', `There are several lists of photos (${lists.join(', ')}): leave one of them.`);
  }
  if (lists.length === 1)
    return planFromList(parsePhotoList(await source.read(lists[0], MAX_LIST_BYTES), { encoding }));
  if (source.files.length === 0) throw new RostroError('no_file', 'There are no photos in it.');
  return planFromPaths(source.files, by);
}
