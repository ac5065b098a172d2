import type { Command } from 'commander';
import type { Config } from '../../app/config.js';
import { FileShadowRows, FileReembedSource } from '../../gallery/reembed/shadow-files.js';
import type { ContractRef } from '../../gallery/files/change-parts.js';
import { nodeDisk, type Disk } from '../../gallery/files/disk.js';
import { sealedDisk, type Vault, vaultOf } from '../../gallery/sealing/vault.js';
import { readKeys } from '../../gallery/sealing/key-file.js';
import { configOf } from '../settings.js';
import { hasThemAlready, type BesideGallery } from './rows.js';

/** A data folder whose gallery gets rows of another embedder. */
export interface DataFolder {
  readonly config: Config;
  readonly dataDir: string;
  readonly vault: Vault;
  /** Encrypts as the gallery does. */
  readonly disk: Disk;
  readonly source: FileReembedSource;
}

/** @param embedder overrides the setting */
export async function dataFolderOf(command: Command, embedder?: string): Promise<DataFolder> {
  const config = configOf(command, { THREADS: '1' }, embedder === undefined ? {} : { EMBEDDER: embedder });
  const { dataDir } = config.storage;
  const vault = vaultOf(await readKeys(config.storage.encryptionKeyFiles));
  const disk = sealedDisk(nodeDisk, dataDir, vault);
  return { config, dataDir, vault, disk, source: new FileReembedSource(disk, dataDir) };
}

/** @throws RostroError `bad_request` if the gallery has rows of this embedder already */
export async function besideFolder(
  { dataDir, disk, source }: DataFolder,
  contract: ContractRef,
): Promise<BesideGallery> {
  const people = await source.people();
  if (people.every(({ sidecar, unlabelled }) => unlabelled === 0 && sidecar?.contract === contract.id)) {
    throw hasThemAlready(contract);
  }
  const rows = new FileShadowRows(disk, dataDir, contract.id);
  await rows.prepare(contract);
  return { source, rows };
}
