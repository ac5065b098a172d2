/** @typedef {{ path: string, file: File }} DroppedFile its path from the dropped folder on */

/**
 * The files of a drop, including those in dropped folders, in their order.
 * @param {DataTransfer} transfer
 * @returns {Promise<DroppedFile[]>}
 */
export async function droppedFiles(transfer) {
  // Reads the entries before the first await: the browser empties the transfer after the event.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile());
  const files = await Promise.all(entries.map((entry) => (entry ? filesOf(entry) : [])));
  return files.flat();
}

/** @param {File | FileSystemEntry} entry @returns {Promise<DroppedFile[]>} */
async function filesOf(entry) {
  if (entry instanceof File) return [{ path: entry.name, file: entry }];
  if (entry.isFile) {
    return [
      { path: entry.fullPath.replace(/^\//, ''), file: await fileOf(/** @type {FileSystemFileEntry} */ (entry)) },
    ];
  }
  const children = await childrenOf(/** @type {FileSystemDirectoryEntry} */ (entry));
  return (await Promise.all(children.map(filesOf))).flat();
}

/** @param {FileSystemFileEntry} entry @returns {Promise<File>} */
const fileOf = (entry) => new Promise((resolve, reject) => entry.file(resolve, reject));

/** @param {FileSystemDirectoryEntry} folder */
async function childrenOf(folder) {
  const reader = folder.createReader();
  /** @type {FileSystemEntry[]} */
  const children = [];
  for (;;) {
    /** @type {FileSystemEntry[]} */
    const batch = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (batch.length === 0) return children;
    children.push(...batch);
  }
}
