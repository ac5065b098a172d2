import { randomBytes } from 'node:crypto';

/** Paths below the data folder, relative to it, with forward slashes. */
export const EMBEDDINGS_FOLDER = 'embeddings';
export const UPLOADS_FOLDER = 'uploads';
/** Contains `<time>/<original path>`. */
export const QUARANTINE_FOLDER = '.quarantine';
/** Embeddings of other embedders: one folder per embedder, one file per example. */
export const SHADOW_FOLDER = '.rows';
/** Marker file; exists while a switch to another embedder is in progress. */
export const SWITCH_FILE = `${SHADOW_FOLDER}/switch.json`;
export const JOURNAL_FILE = `${EMBEDDINGS_FOLDER}/.rostro-journal.json`;

/** Length and last hash of the audit log, kept beside the people so that the log cannot vanish unnoticed. */
export const AUDIT_MARK_FILE = `${EMBEDDINGS_FOLDER}/.rostro-audit.json`;

export const LOCK_FILE = `${EMBEDDINGS_FOLDER}/.rostro-lock`;

const CROP_NAME = /^(?:(?:not-)?[0-9a-f]{16}|original-[0-9a-f]{12}(?:-\d+)?)\.(?:jpe?g|png)$/i;
const NEGATIVE_CROP = /^uploads\/[^/]+\/not-[^/]*$/;
const QUARANTINED = /^\.quarantine\/[^/]+\/(?:restored\/)?/;
const TEMPORARY_FILE = /^\.rostro-[0-9a-f]{16}\.tmp$/;

export function embeddingFile(stem: string): string {
  return `${EMBEDDINGS_FOLDER}/${stem}.npy`;
}

export function sidecarFile(stem: string): string {
  return `${EMBEDDINGS_FOLDER}/${stem}.json`;
}

/** @param extension with the dot */
export function cropFile(stem: string, exampleId: string, extension = '.jpg'): string {
  return `${UPLOADS_FOLDER}/${stem}/${exampleId}${extension}`;
}

/** The name shows that it is not the person, so that a repair never enrols it. */
export function negativeCropFile(stem: string, id: string): string {
  return `${UPLOADS_FOLDER}/${stem}/not-${id}.jpg`;
}

/** @param path relative to the data folder, also in the quarantine */
export function isNegativeCrop(path: string): boolean {
  return NEGATIVE_CROP.test(originalPath(path));
}

/** Whether the file name is one that {@link cropFile} or {@link negativeCropFile} generates. */
export function isCropName(fileName: string): boolean {
  return CROP_NAME.test(fileName);
}

/** Random name for a file that is being written, in its target folder. */
export function temporaryFile(folder = EMBEDDINGS_FOLDER): string {
  return `${folder}/.rostro-${randomBytes(8).toString('hex')}.tmp`;
}

export function isQuarantined(path: string): boolean {
  return QUARANTINED.test(path);
}

/** The path of a quarantined file before it was moved; other paths are returned unchanged. */
export function originalPath(path: string): string {
  return path.replace(QUARANTINED, '');
}

export function isTemporary(fileName: string): boolean {
  return TEMPORARY_FILE.test(fileName);
}

/** Whether the path is below one of the gallery's folders or the quarantine, without `.`, `..` or empty parts. */
export function isGalleryPath(path: string): boolean {
  const [folder, ...rest] = originalPath(path).split('/');
  return (
    [EMBEDDINGS_FOLDER, UPLOADS_FOLDER, SHADOW_FOLDER].includes(folder) &&
    rest.length > 0 &&
    !/[\\\0]/.test(path) &&
    rest.every((part) => part !== '' && part !== '.' && part !== '..')
  );
}
