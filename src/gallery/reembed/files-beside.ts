import { join, posix } from 'node:path';
import { RostroError } from '../../shared/errors.js';
import type { Disk } from '../files/disk.js';
import { BESIDE_FOLDER, isTemporary, SWITCH_FILE } from '../files/layout.js';
import { CONTRACT_FILE, contractIn, rowFile } from './file-rows.js';
import type { ContractBeside } from './rows-beside.js';

/** Every embedder that has rows beside the gallery's, and where. */
export async function contractsBeside(
  disk: Disk,
  dataDir: string,
): Promise<(ContractBeside & { readonly folder: string })[]> {
  const found: (ContractBeside & { folder: string })[] = [];
  for (const folder of await foldersBeside(disk, dataDir)) {
    const contract = await contractIn(disk, dataDir, folder);
    if (contract) found.push({ ...contract, folder });
  }
  return found;
}

/**
 * The files that hold rows of these examples beside the gallery's, or would: one may be written at any moment. They go
 * with the examples, after the crops, so that whoever makes rows sees that the example has gone.
 */
export async function filesBesideOf(
  disk: Disk,
  dataDir: string,
  examples: readonly { readonly id: string }[],
): Promise<string[]> {
  const folders = await foldersBeside(disk, dataDir);
  return folders.flatMap((folder) => examples.map(({ id }) => rowFile(folder, id)));
}

/** Takes away rows of examples that are not there (any more), and what a stop left unfinished. */
export async function sweepBeside(disk: Disk, dataDir: string, examples: ReadonlySet<string>): Promise<void> {
  for (const folder of await foldersBeside(disk, dataDir)) {
    for (const { name } of await disk.list(join(dataDir, folder))) {
      const isRow = name.endsWith('.json') && name !== CONTRACT_FILE;
      const isStale = isRow && !examples.has(posix.basename(name, '.json'));
      if (isStale || isTemporary(name)) await disk.remove(join(dataDir, folder, name));
    }
  }
}

/**
 * Deletes everything that lies beside the gallery: the way back, and what was prepared.
 * @returns how many rows are gone
 * @throws RostroError `bad_request` while a switch is under way
 */
export async function forgetBeside(disk: Disk, dataDir: string): Promise<number> {
  if (await disk.exists(join(dataDir, SWITCH_FILE))) {
    throw new RostroError('bad_request', 'A switch was interrupted: start the server once, which finishes it.');
  }
  let rows = 0;
  for (const folder of await foldersBeside(disk, dataDir)) rows += await forgetFolder(disk, dataDir, folder);
  await disk.removeEmptyFolder(join(dataDir, BESIDE_FOLDER));
  return rows;
}

export async function forgetFolder(disk: Disk, dataDir: string, folder: string): Promise<number> {
  const entries = await disk.list(join(dataDir, folder));
  for (const { name } of entries) await disk.remove(join(dataDir, folder, name));
  await disk.removeEmptyFolder(join(dataDir, folder));
  return entries.filter(({ name }) => name.endsWith('.json') && name !== CONTRACT_FILE).length;
}

async function foldersBeside(disk: Disk, dataDir: string): Promise<string[]> {
  const entries = await disk.list(join(dataDir, BESIDE_FOLDER));
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => `${BESIDE_FOLDER}/${name}`);
}
