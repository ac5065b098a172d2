import { readFile, stat } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import type { PersonDetails } from '../../gallery/gallery.js';
import { RostroError } from '../../shared/errors.js';
import type { Encoding } from '../../shared/text-encoding.js';
import type { NamedBy } from './names-from-paths.js';
import { parsePhotoList } from './photo-list.js';
import { ArchiveSource, FolderSource, type PhotoSource, type ReceivedFile, UploadedSource } from './photo-sources.js';
import { type ImportPlan, planFromList, planFromPaths, withDetails } from './plan.js';
import type { UploadFolder } from './upload-folder.js';

export interface OpenedImport {
  readonly plan: ImportPlan;
  readonly source: PhotoSource;
}

/** Where names come from. */
export interface Naming {
  readonly by: NamedBy;
  /** Of names that are not UTF-8. */
  readonly encoding?: Encoding | undefined;
  /** Of everyone; those of a list have precedence. */
  readonly details?: Partial<PersonDetails> | undefined;
}

/** Maximum size of a list of photos, which is read as a whole. */
const MAX_LIST_BYTES = 256 * 1024 * 1024;

/**
 * Opens a folder, a ZIP archive, or a CSV file that lists photos in its folder.
 * @throws RostroError `no_file`, `bad_archive`, `bad_list`, `encoding_unknown`
 */
export async function openImport(path: string, naming: Naming = { by: 'auto' }): Promise<OpenedImport> {
  const { encoding, details = {} } = naming;
  const found = await stat(path).catch((cause: unknown) => {
    throw new RostroError('no_file', `Cannot read ${path}: ${(cause as Error).message}.`, { cause });
  });
  if (found.isDirectory()) return planOver(await FolderSource.open(path, encoding), naming);
  const extension = extname(path).toLowerCase();
  if (extension === '.csv' || extension === '.tsv') {
    return {
      plan: withDetails(planFromList(parsePhotoList(await readFile(path), { encoding })), details),
      source: FolderSource.at(dirname(path)),
    };
  }
  return planOver(await ArchiveSource.open(path, encoding), naming);
}

/** Local file header, or end of central directory for an empty archive: APPNOTE.TXT, 4.3. */
const ZIP_MARKS = [Buffer.from('PK\x03\x04', 'latin1'), Buffer.from('PK\x05\x06', 'latin1')];

/**
 * Opens a ZIP archive, or photos with their paths, that a client sent.
 * @throws RostroError `no_file`, `bad_archive`, `bad_list`, `encoding_unknown`
 */
export async function openUpload(
  folder: UploadFolder,
  received: readonly ReceivedFile[],
  naming: Naming,
): Promise<OpenedImport> {
  if (received.length === 0) {
    throw new RostroError('no_file', 'Nothing was sent: give a ZIP archive or photos as multipart files.');
  }
  if (received.length > 1) return planOver(new UploadedSource(folder, received), naming);
  const only = await folder.open(received[0].stored);
  const start = await only.read(0, ZIP_MARKS[0].length);
  if (ZIP_MARKS.some((mark) => mark.equals(start))) {
    return planOver(await ArchiveSource.open(only, naming.encoding), naming);
  }
  await only.close();
  return planOver(new UploadedSource(folder, received), naming);
}

async function planOver(source: PhotoSource, naming: Naming): Promise<OpenedImport> {
  try {
    return { plan: await planOf(source, naming), source };
  } catch (error) {
    await source.close();
    throw error;
  }
}

/**
 * Names come from a CSV file in the outermost folder with files where there is one, otherwise from the paths.
 * @throws RostroError `no_file`, `bad_archive`, `bad_list`, `encoding_unknown`
 */
export async function planOf(source: PhotoSource, { by, encoding, details = {} }: Naming): Promise<ImportPlan> {
  const root = commonRoot(source.files);
  const lists = source.files.filter((file) => /^[^/]+\.[ct]sv$/i.test(file.slice(root.length)));
  if (lists.length > 1) {
    throw new RostroError('bad_list', `There are several lists of photos (${lists.join(', ')}): leave one of them.`);
  }
  if (lists.length === 1) {
    const { rows, bad } = parsePhotoList(await source.read(lists[0], MAX_LIST_BYTES), { encoding });
    const isAbsolute = (file: string) => /^(?:\/|[a-z]:)/i.test(file);
    const located = rows.map((row) => (isAbsolute(row.file) ? row : { ...row, file: root + row.file }));
    return withDetails(planFromList({ rows: located, bad }), details);
  }
  if (source.files.length === 0) throw new RostroError('no_file', 'There are no photos in it.');
  return withDetails(planFromPaths(source.files, by), details);
}

/** The folders that all files have in common: `staff/`. */
function commonRoot(files: readonly string[]): string {
  const folders = files.map((file) => file.split('/').slice(0, -1));
  const [first = []] = folders;
  const apart = folders.map((others) => first.findIndex((folder, i) => others[i] !== folder)).filter((at) => at >= 0);
  const common = first.slice(
    0,
    apart.reduce((least, at) => Math.min(least, at), first.length),
  );
  return common.map((folder) => `${folder}/`).join('');
}
