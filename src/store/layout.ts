import { randomBytes } from 'node:crypto';

/** Where things lie below the data folder. Paths are relative to it, with forward slashes. */
export const EMBEDDINGS_FOLDER = 'embeddings';
export const UPLOADS_FOLDER = 'uploads';
export const JOURNAL_FILE = `${EMBEDDINGS_FOLDER}/.rostro-journal.json`;

const TEMPORARY_FILE = /^\.rostro-[0-9a-f]{16}\.tmp$/;

export function embeddingFile(stem: string): string {
  return `${EMBEDDINGS_FOLDER}/${stem}.npy`;
}

export function sidecarFile(stem: string): string {
  return `${EMBEDDINGS_FOLDER}/${stem}.json`;
}

/** @param extension with its dot */
export function cropFile(stem: string, exampleId: string, extension = '.jpg'): string {
  return `${UPLOADS_FOLDER}/${stem}/${exampleId}${extension}`;
}

/** A name for a file that is not whole yet. Only ever made in the embeddings folder. */
export function temporaryFile(): string {
  return `${EMBEDDINGS_FOLDER}/.rostro-${randomBytes(8).toString('hex')}.tmp`;
}

export function isTemporary(fileName: string): boolean {
  return TEMPORARY_FILE.test(fileName);
}

/** True for a path that the gallery may have written: below one of its two folders, without detours. */
export function isGalleryPath(path: string): boolean {
  const [folder, ...rest] = path.split('/');
  return (
    (folder === EMBEDDINGS_FOLDER || folder === UPLOADS_FOLDER) &&
    rest.length > 0 &&
    !/[\\\0]/.test(path) &&
    rest.every((part) => part !== '' && part !== '.' && part !== '..')
  );
}
