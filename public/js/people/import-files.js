/** @import { ImportPlan } from '/client/index.js' */

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
  return withoutHidden(
    files.map((file) => ({ path: file.webkitRelativePath.split('/').slice(1).join('/') || file.name, file })),
  );
}

/** @param {readonly ImportFile[]} files @returns {ImportFile[]} */
export function withoutHidden(files) {
  return files.filter(({ path }) => path.split('/').every((part) => !part.startsWith('.')));
}

/** Whether files belong into one request: an archive, or files with a CSV list. @param {readonly ImportFile[]} files */
export function isOneRequest(files) {
  if (files.length === 1 && /\.zip$/i.test(files[0].path)) return true;
  const folders = files.map(({ path }) => path.split('/').slice(0, -1));
  const [first] = folders;
  const depth = folders.reduce((least, others) => {
    const apart = first.findIndex((folder, i) => others[i] !== folder);
    return apart < 0 ? least : Math.min(least, apart);
  }, first.length);
  return files.some(({ path }) => path.split('/').length === depth + 1 && /\.[ct]sv$/i.test(path));
}

/**
 * The photos of a plan in batches, each with a list of the people on them.
 * @param {readonly ImportFile[]} files
 * @param {ImportPlan} plan
 * @returns {ImportFile[][]}
 */
export function inParts(files, plan) {
  const names = new Map(plan.people.flatMap(({ name, photos }) => photos.map((path) => [path, name])));
  return batches(files.filter(({ path }) => names.has(path))).map((part) => [listOf(part, names), ...part]);
}

/** @param {readonly ImportFile[]} files @param {ReadonlyMap<string, string>} names @returns {ImportFile} */
function listOf(files, names) {
  const cell = (/** @type {string} */ text) => `"${text.replaceAll('"', '""')}"`;
  const rows = files.map(({ path }) => `${cell(path)},${cell(names.get(path) ?? '')}`);
  return { path: 'list.csv', file: new File([['file,person', ...rows, ''].join('\n')], 'list.csv') };
}

/** @param {readonly ImportFile[]} files @returns {ImportFile[][]} */
function batches(files) {
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
