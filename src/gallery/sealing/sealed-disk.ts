import { relative, sep } from 'node:path';
import type { Disk } from '../files/disk.js';
import { originalPath } from '../files/layout.js';
import type { Vault } from './vault.js';

/**
 * A disk whose files go through a vault on their way: the one place that knows whether the gallery is encrypted. Files
 * that move into the quarantine keep the name that they were sealed under.
 */
export function sealedDisk(disk: Disk, dataDir: string, vault: Vault): Disk {
  const nameOf = (path: string): string => originalPath(relative(dataDir, path).split(sep).join('/'));
  const open = (bytes: Uint8Array | null, path: string): Uint8Array | null => bytes && vault.open(bytes, nameOf(path));
  const writeNew: Disk['writeNew'] = (path, bytes, finalPath = path) =>
    disk.writeNew(path, vault.seal(bytes, nameOf(finalPath)), finalPath);
  return {
    ...disk,
    read: async (path) => open(await disk.read(path), path),
    readAtOnce: (path) => open(disk.readAtOnce(path), path),
    writeNew,
    async duplicate(from, to) {
      if (!vault.encrypts) return disk.duplicate(from, to);
      const bytes = open(await disk.read(from), from);
      if (bytes !== null) await writeNew(to, bytes);
    },
  };
}
