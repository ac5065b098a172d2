import { call, json } from '../api.js';

/** @import { ImportJob, ImportLine } from '../api-types.js' */

/** @param {string} id */
const path = (id) => `/import/${encodeURIComponent(id)}`;

/**
 * Sends an archive, or photos under their paths.
 * @param {readonly { path: string, file: File }[]} files
 * @returns {Promise<ImportJob>}
 */
export function startImport(files) {
  const body = new FormData();
  for (const { path, file } of files) body.append('file', file, path);
  return call('/import', { method: 'POST', body });
}

/** @param {string} id @returns {Promise<ImportJob>} */
export const importStatus = (id) => call(path(id));

/** What became of each photo. @param {string} id @returns {Promise<ImportLine[]>} */
export const importLines = async (id) => (await call(`${path(id)}/report`)).lines;

/** @param {string} id */
export const importTable = (id) => `${path(id)}/report?format=csv`;

/** A photo with several faces. @param {string} id @param {string} file @returns {Promise<Blob>} */
export async function importedPhoto(id, file) {
  const reply = await fetch(`${path(id)}/photo?${new URLSearchParams({ file })}`);
  return reply.blob();
}

/** @param {string} id @param {string} file @param {number} face @returns {Promise<ImportJob>} */
export const chooseFace = (id, file, face) => call(`${path(id)}/choices`, json('POST', { choices: [{ file, face }] }));

/** @param {string} id @returns {Promise<ImportJob>} */
export const stopImport = (id) => call(path(id), { method: 'DELETE' });
