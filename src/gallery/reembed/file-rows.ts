import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import type { RowsContract } from '../files/change-parts.js';
import type { Disk } from '../files/disk.js';
import { BESIDE_FOLDER } from '../files/layout.js';
import { readGalleryFolder } from '../files/open-folder.js';
import type { StoredPerson } from '../files/read-person.js';
import { corrupt, type Example } from '../gallery.js';
import type { ContractBeside, RowBeside, RowsBeside } from './rows-beside.js';

const rowSchema = z.object({ of: z.string(), row: z.string().nullable() });
const contractSchema = z.object({
  version: z.literal(1),
  id: z.string(),
  name: z.string(),
  formerSince: z.string().nullable(),
});

export const CONTRACT_FILE = 'contract.json';

/** Where the rows of an embedder lie, relative to the data folder; contract ids are no file names. */
export function folderBeside(contractId: string): string {
  return `${BESIDE_FOLDER}/${createHash('sha256').update(contractId).digest('hex').slice(0, 16)}`;
}

/** Relative to the data folder. */
export function rowFile(folder: string, exampleId: string): string {
  return `${folder}/${exampleId}.json`;
}

/** Rows in files, one an example. What is not there or not whole can be made anew from the crop. */
export class FileRows implements RowsBeside {
  readonly folder: string;

  /** @param disk with the gallery's encryption */
  constructor(
    private readonly disk: Disk,
    private readonly dataDir: string,
    contractId: string,
  ) {
    this.folder = folderBeside(contractId);
  }

  /** Makes the folder and notes whose rows lie in it. @param formerSince ISO 8601: the gallery's own until then */
  async prepare({ id, name }: RowsContract, formerSince: string | null = null): Promise<void> {
    await this.disk.makeFolder(join(this.dataDir, this.folder));
    const known = await contractIn(this.disk, this.dataDir, this.folder);
    if (known !== null && formerSince === null) return;
    const text = JSON.stringify({ version: 1, id, name, formerSince });
    await this.replace(`${this.folder}/${CONTRACT_FILE}`, text);
  }

  async read({ id }: Pick<Example, 'id'>): Promise<RowBeside | null> {
    const bytes = await this.disk.read(join(this.dataDir, rowFile(this.folder, id)));
    const parsed = rowSchema.safeParse(bytes && jsonOf(bytes));
    if (!parsed.success) return null;
    const { of, row } = parsed.data;
    return { of, row: row === null ? null : floatsOf(Buffer.from(row, 'base64')) };
  }

  async write({ id }: Pick<Example, 'id'>, { of, row }: RowBeside): Promise<void> {
    const text = row && Buffer.from(row.buffer, row.byteOffset, row.byteLength).toString('base64');
    await this.replace(rowFile(this.folder, id), JSON.stringify({ of, row: text }));
  }

  forget({ id }: Pick<Example, 'id'>): Promise<void> {
    return this.disk.remove(join(this.dataDir, rowFile(this.folder, id)));
  }

  private async replace(path: string, text: string): Promise<void> {
    const temporary = join(this.dataDir, `${this.folder}/.rostro-${randomBytes(8).toString('hex')}.tmp`);
    try {
      await this.disk.writeNew(temporary, Buffer.from(text), join(this.dataDir, path));
      await this.disk.rename(temporary, join(this.dataDir, path));
    } catch (error) {
      await this.disk.remove(temporary).catch(() => undefined);
      throw error;
    }
  }
}

/** @throws RostroError `gallery_corrupt` */
export async function contractIn(disk: Disk, dataDir: string, folder: string): Promise<ContractBeside | null> {
  const path = `${folder}/${CONTRACT_FILE}`;
  const bytes = await disk.read(join(dataDir, path));
  if (bytes === null) return null;
  const parsed = contractSchema.safeParse(jsonOf(bytes));
  if (!parsed.success) throw corrupt(path, 'it is not what this version of Rostro wrote');
  const { id, name, formerSince } = parsed.data;
  return { id, name, formerSince };
}

function floatsOf(bytes: Buffer): Float32Array {
  return new Float32Array(Uint8Array.from(bytes).buffer);
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}

/** A gallery in files, whatever embedder its rows are of, read anew with each call: another process may be writing. */
export class FolderSource {
  /** @param disk with the gallery's encryption */
  constructor(
    private readonly disk: Disk,
    private readonly dataDir: string,
  ) {}

  /** Those whose files cannot be read are left out. */
  async people(): Promise<readonly StoredPerson[]> {
    return (await readGalleryFolder(this.disk, this.dataDir)).people;
  }

  /** @returns null where no crop was kept, or where it is gone */
  async crop({ crop }: Example): Promise<Uint8Array | null> {
    return crop === null ? null : this.disk.read(join(this.dataDir, crop));
  }

  /** Whether the example is still there; its crop goes with it. */
  async has({ crop }: Example): Promise<boolean> {
    return crop !== null && this.disk.exists(join(this.dataDir, crop));
  }
}
