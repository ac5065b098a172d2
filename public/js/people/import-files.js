/** @typedef {{ path: string, file: File }} ImportFile */

/** Limits per request, so that no request exceeds the server's timeout. */
const MAX_FILES = 200;
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * The files of a chosen folder with their relative paths, without hidden files.
 * @param {readonly File[]} files
 * @returns {ImportFile[]}
 */
export function filesInFolder(files) {
  return files
    .map((file) => ({ path: file.webkitRelativePath.split('/').slice(1).join('/') || file.name, file }))
    .filter(({ path }) => path.split('/').every((part) => !part.startsWith('.')));
}

/**
 * Splits files into batches. With a CSV list at the top level, which applies to all files, there is one batch.
 * @param {readonly ImportFile[]} files
 * @returns {ImportFile[][]}
 */
export function inParts(files) {
  if (files.some(({ path }) => /^[^/]+\.[ct]sv$/i.test(path))) return [[...files]];
  /** @type {ImportFile[][]} */
  const parts = [];
  let bytes = Infinity;
  for (const one of files) {
    const last = parts.at(-1);
    if (last === undefined || last.length >= MAX_FILES || bytes + one.file.size > MAX_BYTES) {
      parts.push([one]);
      bytes = one.file.size;
    } else {
      last.push(one);
      bytes += one.file.size;
    }
  }
  return parts;
}
