import { randomBytes } from 'node:crypto';

/** Where things lie below the data folder. Paths are relative to it, with forward slashes. */
export const EMBEDDINGS_FOLDER = 'embeddings';
export const UPLOADS_FOLDER = 'uploads';
/** Below it a folder a moment, and in that the paths as they were. */
export const QUARANTINE_FOLDER = '.quarantine';
/** Rows of other embedders than the gallery's: a folder an embedder, a file an example. */
export const BESIDE_FOLDER = '.rows';
/** Exists while the rows beside become the gallery's. */
export const SWITCH_FILE = `${BESIDE_FOLDER}/switch.json`;
export const JOURNAL_FILE = `${EMBEDDINGS_FOLDER}/.rostro-journal.json`;

export const LOCK_FILE = `${EMBEDDINGS_FOLDER}/.rostro-lock`;

const CROP_NAME = /^(?:[0-9a-f]{16}|original-[0-9a-f]{12}(?:-\d+)?)\.(?:jpe?g|png)$/i;
const SET_ASIDE = /^\.quarantine\/[^/]+\/(?:restored\/)?/;
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

/** True for a file name that only the gallery gives: {@link cropFile}'s. */
export function isCropName(fileName: string): boolean {
  return CROP_NAME.test(fileName);
}

/** A name for a file that is not whole yet, in the folder where it will lie. */
export function temporaryFile(folder = EMBEDDINGS_FOLDER): string {
  return `${folder}/.rostro-${randomBytes(8).toString('hex')}.tmp`;
}

export function isSetAside(path: string): boolean {
  return SET_ASIDE.test(path);
}

/** Where a file lay before it was set aside; any other path as it is. */
export function originalPath(path: string): string {
  return path.replace(SET_ASIDE, '');
}

export function isTemporary(fileName: string): boolean {
  return TEMPORARY_FILE.test(fileName);
}

/** True for a path that the gallery may have written: below one of its folders or the quarantine, without detours. */
export function isGalleryPath(path: string): boolean {
  const [folder, ...rest] = originalPath(path).split('/');
  return (
    [EMBEDDINGS_FOLDER, UPLOADS_FOLDER, BESIDE_FOLDER].includes(folder) &&
    rest.length > 0 &&
    !/[\\\0]/.test(path) &&
    rest.every((part) => part !== '' && part !== '.' && part !== '..')
  );
}
