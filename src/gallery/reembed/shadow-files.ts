import { createHash, randomBytes } from 'node:crypto';
import { join, posix } from 'node:path';
import { z } from 'zod';
import { RostroError } from '../../shared/errors.js';
import { parseJson } from '../../shared/json.js';
import { corrupt } from '../errors.js';
import type { ContractRef } from '../files/change-parts.js';
import { type Disk, writeAndRename } from '../files/disk.js';
import { isTemporary, SHADOW_FOLDER, SWITCH_FILE } from '../files/layout.js';
import { readGalleryFolder } from '../files/read-folder.js';
import type { StoredPerson } from '../files/read-person.js';
import type { Example } from '../gallery.js';
import type { ShadowContract, ShadowRow, ShadowRows } from './prepare.js';

const rowSchema = z.object({ of: z.string(), row: z.string().nullable() });
const contractSchema = z.object({
  version: z.literal(1),
  id: z.string(),
  name: z.string(),
  formerSince: z.string().nullable(),
});

export const CONTRACT_FILE = 'contract.json';

/**
 * Folder of an embedder's rows, relative to the data folder. Contract ids are hashed because they are not file names.
 */
export function shadowFolder(contractId: string): string {
  return `${SHADOW_FOLDER}/${createHash('sha256').update(contractId).digest('hex').slice(0, 16)}`;
}

/** Relative to the data folder. */
export function rowFile(folder: string, exampleId: string): string {
  return `${folder}/${exampleId}.json`;
}

/** Shadow rows in files, one per example. A missing or incomplete file is computed again from the crop. */
export class FileShadowRows implements ShadowRows {
  readonly folder: string;

  /** @param disk the gallery's disk, with encryption */
  constructor(
    private readonly disk: Disk,
    private readonly dataDir: string,
    contractId: string,
  ) {
    this.folder = shadowFolder(contractId);
  }

  /**
   * Creates the folder with the contract.
   * @param formerSince when the gallery switched away from this embedder, ISO 8601
   */
  async prepare({ id, name }: ContractRef, formerSince: string | null = null): Promise<void> {
    await this.disk.makeFolder(join(this.dataDir, this.folder));
    const known = await readContract(this.disk, this.dataDir, this.folder);
    if (known !== null && formerSince === null) return;
    const text = JSON.stringify({ version: 1, id, name, formerSince });
    await this.replace(`${this.folder}/${CONTRACT_FILE}`, text);
  }

  async read({ id }: Pick<Example, 'id'>): Promise<ShadowRow | null> {
    const bytes = await this.disk.read(join(this.dataDir, rowFile(this.folder, id)));
    const parsed = rowSchema.safeParse(bytes && parseJson(bytes));
    if (!parsed.success) return null;
    const { of, row } = parsed.data;
    return { of, row: row === null ? null : floatsOf(Buffer.from(row, 'base64')) };
  }

  async write({ id }: Pick<Example, 'id'>, { of, row }: ShadowRow): Promise<void> {
    const text = row && Buffer.from(row.buffer, row.byteOffset, row.byteLength).toString('base64');
    await this.replace(rowFile(this.folder, id), JSON.stringify({ of, row: text }));
  }

  forget({ id }: Pick<Example, 'id'>): Promise<void> {
    return this.disk.remove(join(this.dataDir, rowFile(this.folder, id)));
  }

  private async replace(path: string, text: string): Promise<void> {
    const temporary = join(this.dataDir, `${this.folder}/.rostro-${randomBytes(8).toString('hex')}.tmp`);
    await writeAndRename(this.disk, temporary, join(this.dataDir, path), Buffer.from(text));
  }
}

/** @throws RostroError `gallery_corrupt` */
export async function readContract(disk: Disk, dataDir: string, folder: string): Promise<ShadowContract | null> {
  const path = `${folder}/${CONTRACT_FILE}`;
  const bytes = await disk.read(join(dataDir, path));
  if (bytes === null) return null;
  const parsed = contractSchema.safeParse(parseJson(bytes));
  if (!parsed.success) throw corrupt(path, 'it is not what this version of Rostro wrote');
  const { id, name, formerSince } = parsed.data;
  return { id, name, formerSince };
}

function floatsOf(bytes: Buffer): Float32Array {
  return new Float32Array(Uint8Array.from(bytes).buffer);
}

/**
 * A gallery in files, with rows of any embedder. Reads the files with each call, because another process may write
 * them.
 */
export class FileReembedSource {
  /** @param disk the gallery's disk, with encryption */
  constructor(
    private readonly disk: Disk,
    private readonly dataDir: string,
  ) {}

  /** People with unreadable files are omitted. */
  async people(): Promise<readonly StoredPerson[]> {
    return (await readGalleryFolder(this.disk, this.dataDir)).people;
  }

  /** @returns null where no crop was stored, or it is missing */
  async crop({ crop }: Example): Promise<Uint8Array | null> {
    return crop === null ? null : this.disk.read(join(this.dataDir, crop));
  }

  /** Whether the example still exists. Its crop is deleted with it. */
  async has({ crop }: Example): Promise<boolean> {
    return crop !== null && this.disk.exists(join(this.dataDir, crop));
  }
}

/** All embedders with shadow rows, and their folders. */
export async function shadowContracts(
  disk: Disk,
  dataDir: string,
): Promise<(ShadowContract & { readonly folder: string })[]> {
  const found: (ShadowContract & { folder: string })[] = [];
  for (const folder of await shadowFolders(disk, dataDir)) {
    const contract = await readContract(disk, dataDir, folder);
    if (contract) found.push({ ...contract, folder });
  }
  return found;
}

/**
 * Paths of all shadow rows of these examples, also of rows that may still be written. Delete them after the crops:
 * `prepareRows` then notices that the example is gone.
 */
export async function shadowFilesOf(
  disk: Disk,
  dataDir: string,
  examples: readonly { readonly id: string }[],
): Promise<string[]> {
  const folders = await shadowFolders(disk, dataDir);
  return folders.flatMap((folder) => examples.map(({ id }) => rowFile(folder, id)));
}

/** Deletes rows of examples that do not exist, and incomplete files. */
export async function sweepShadowRows(disk: Disk, dataDir: string, examples: ReadonlySet<string>): Promise<void> {
  for (const folder of await shadowFolders(disk, dataDir)) {
    for (const { name } of await disk.list(join(dataDir, folder))) {
      const isRow = name.endsWith('.json') && name !== CONTRACT_FILE;
      const isStale = isRow && !examples.has(posix.basename(name, '.json'));
      if (isStale || isTemporary(name)) await disk.remove(join(dataDir, folder, name));
    }
  }
}

/**
 * Deletes all shadow rows. A switch back to the former embedder is not possible afterwards.
 * @returns the number of deleted rows
 * @throws RostroError `bad_request` while a switch is unfinished
 */
export async function deleteShadowRows(disk: Disk, dataDir: string): Promise<number> {
  if (await disk.exists(join(dataDir, SWITCH_FILE))) {
    throw new RostroError('bad_request', 'A switch was interrupted: start the server once, which finishes it.');
  }
  let rows = 0;
  for (const folder of await shadowFolders(disk, dataDir)) rows += await deleteShadowFolder(disk, dataDir, folder);
  await disk.removeEmptyFolder(join(dataDir, SHADOW_FOLDER));
  return rows;
}

export async function deleteShadowFolder(disk: Disk, dataDir: string, folder: string): Promise<number> {
  const entries = await disk.list(join(dataDir, folder));
  for (const { name } of entries) await disk.remove(join(dataDir, folder, name));
  await disk.removeEmptyFolder(join(dataDir, folder));
  return entries.filter(({ name }) => name.endsWith('.json') && name !== CONTRACT_FILE).length;
}

async function shadowFolders(disk: Disk, dataDir: string): Promise<string[]> {
  const entries = await disk.list(join(dataDir, SHADOW_FOLDER));
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => `${SHADOW_FOLDER}/${name}`);
}
