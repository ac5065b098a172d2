import type { Command } from 'commander';
import type { Config } from '../../app/config.js';
import { nodeDisk, type Disk } from '../../gallery/files/disk.js';
import { sealedDisk, type Vault, vaultOf } from '../../gallery/sealing/vault.js';
import { readKeys } from '../../gallery/sealing/key-file.js';
import { configOf } from '../settings.js';

/** A data folder whose gallery gets rows of another embedder. */
export interface DataFolder {
  readonly config: Config;
  readonly dataDir: string;
  readonly vault: Vault;
  /** Encrypts as the gallery does. */
  readonly disk: Disk;
}

/** @param embedder overrides the setting */
export async function dataFolderOf(command: Command, embedder?: string): Promise<DataFolder> {
  const config = configOf(command, { THREADS: '1' }, embedder === undefined ? {} : { EMBEDDER: embedder });
  const { dataDir } = config.storage;
  const vault = vaultOf(await readKeys(config.storage.encryptionKeyFiles));
  return { config, dataDir, vault, disk: sealedDisk(nodeDisk, dataDir, vault) };
}
