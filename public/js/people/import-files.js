/** @typedef {{ path: string, file: File }} ImportFile */

/** Of one request, so that none takes longer than the server waits for. */
const MAX_FILES = 200;
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * The files of a chosen folder under their paths in it, without what is hidden.
 * @param {readonly File[]} files
 * @returns {ImportFile[]}
 */
export function filesInFolder(files) {
  return files
    .map((file) => ({ path: file.webkitRelativePath.split('/').slice(1).join('/') || file.name, file }))
    .filter(({ path }) => path.split('/').every((part) => !part.startsWith('.')));
}

/**
 * Files in parts that go one after the other. A list at the top belongs to all of them: then they stay together.
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
