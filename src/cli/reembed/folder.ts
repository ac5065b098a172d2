import type { Command } from 'commander';
import type { Config } from '../../config.js';
import { FolderSource } from '../../store/beside/folder-source.js';
import { nodeDisk, type Disk } from '../../store/disk.js';
import { sealedDisk } from '../../store/sealing/sealed-disk.js';
import { readKeys } from '../../store/sealing/key-file.js';
import { vaultOf, type Vault } from '../../store/sealing/vault.js';
import { configOf } from '../settings.js';

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
