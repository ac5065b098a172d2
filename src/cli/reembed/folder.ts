import type { Command } from 'commander';
import type { Config } from '../../app/config.js';
import { FileRows, FolderSource } from '../../gallery/reembed/file-rows.js';
import type { RowsContract } from '../../gallery/files/change-parts.js';
import { nodeDisk, type Disk } from '../../gallery/files/disk.js';
import { sealedDisk } from '../../gallery/sealing/sealed-disk.js';
import { readKeys } from '../../gallery/sealing/key-file.js';
import { vaultOf, type Vault } from '../../gallery/sealing/vault.js';
import { configOf } from '../settings.js';
import { hasThemAlready, type BesideGallery } from './rows.js';

/** A data folder whose gallery is about to get other rows. */
export interface DataFolder {
  readonly config: Config;
  readonly dataDir: string;
  readonly vault: Vault;
  /** With the gallery's encryption. */
  readonly disk: Disk;
  readonly source: FolderSource;
}

/** @param embedder in place of the one that is set */
export async function dataFolderOf(command: Command, embedder?: string): Promise<DataFolder> {
  const config = configOf(command, { THREADS: '1' }, embedder === undefined ? {} : { EMBEDDER: embedder });
  const { dataDir } = config;
  const vault = vaultOf(await readKeys(config.encryptionKeyFiles));
  const disk = sealedDisk(nodeDisk, dataDir, vault);
  return { config, dataDir, vault, disk, source: new FolderSource(disk, dataDir) };
}

/** @throws RostroError `bad_request` where the gallery's own rows are those */
export async function besideFolder(
  { dataDir, disk, source }: DataFolder,
  contract: RowsContract,
): Promise<BesideGallery> {
  const people = await source.people();
  if (people.every(({ sidecar, unlabelled }) => unlabelled === 0 && sidecar?.contract === contract.id)) {
    throw hasThemAlready(contract);
  }
  const rows = new FileRows(disk, dataDir, contract.id);
  await rows.prepare(contract);
  return { source, rows };
}
