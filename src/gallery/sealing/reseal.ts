import { join, posix } from 'node:path';
import { RostroError } from '../../shared/errors.js';
import { seal, sealedWith, type SealingKey } from './sealed.js';
import { ChangeWriter } from '../files/change-writer.js';
import { nodeDisk, type Disk } from '../files/disk.js';
import { storageFailed } from '../gallery.js';
import {
  BESIDE_FOLDER,
  EMBEDDINGS_FOLDER,
  isSetAside,
  isTemporary,
  originalPath,
  QUARANTINE_FOLDER,
  temporaryFile,
  UPLOADS_FOLDER,
} from '../files/layout.js';
import { sealedDisk } from './sealed-disk.js';
import { openAny } from './vault.js';

export interface ResealOptions {
  readonly dataDir: string;
  /** Files elsewhere in the data folder that hold faces, by their paths relative to it; those that are there. */
  readonly besides: readonly string[];
  /** Every key that a file may be sealed with. */
  readonly keys: readonly SealingKey[];
  /** What everything is to be sealed with; null for nothing. */
  readonly target: SealingKey | null;
  readonly onFile?: (done: number, total: number) => void;
  /** Default: the real disk. */
  readonly disk?: Disk;
}

export interface ResealReport {
  readonly changed: number;
  /** Files that were as wanted already. */
  readonly already: number;
  /** Files that no key opens though one should: damaged ones. They stay as they are. */
  readonly unreadable: readonly string[];
}

/**
 * Seals everything that a data folder holds of faces with another key, or with none, file by file and each in one step:
 * what a stop interrupted goes on at the next call, and every file opens with one of the keys at any moment. The caller
 * holds the folder's lock.
 * @throws RostroError `encryption_key_wrong`, `gallery_corrupt`, `storage_failed`
 */
export async function resealFolder(options: ResealOptions): Promise<ResealReport> {
  const { dataDir, keys, target, onFile, disk = nodeDisk } = options;
  try {
    await recover(options, disk);
    const files = await filesToSeal(options, disk);
    const report = { changed: 0, already: 0, unreadable: [] as string[] };
    for (const [i, path] of files.entries()) {
      const outcome = await resealFile(disk, dataDir, path, { keys, target });
      if (outcome === 'unreadable') report.unreadable.push(path);
      else report[outcome] += 1;
      onFile?.(i + 1, files.length);
    }
    return report;
  } catch (error) {
    throw storageFailed('The gallery could not be encrypted anew', error);
  }
}

async function recover({ dataDir, keys, target }: ResealOptions, disk: Disk): Promise<void> {
  const vault = {
    encrypts: target !== null,
    seal: (plain: Uint8Array, name: string) => (target === null ? plain : seal(plain, target, name)),
    open: (stored: Uint8Array, name: string) => openAny(keys, stored, name),
  };
  await new ChangeWriter(sealedDisk(disk, dataDir, vault), dataDir).recover();
}

async function resealFile(
  disk: Disk,
  dataDir: string,
  path: string,
  { keys, target }: Pick<ResealOptions, 'keys' | 'target'>,
): Promise<'changed' | 'already' | 'unreadable'> {
  const stored = await disk.read(join(dataDir, path));
  if (stored === null || sealedWith(stored) === (target?.id ?? null)) return 'already';
  const name = originalPath(path);
  const plain = openOrNull(keys, stored, path);
  if (plain === null) return 'unreadable';
  const folder = posix.dirname(path);
  const temporary = join(dataDir, temporaryFile(folder));
  await disk.writeNew(temporary, target === null ? plain : seal(plain, target, name));
  await disk.rename(temporary, join(dataDir, path));
  await disk.syncFolder(join(dataDir, folder));
  return 'changed';
}

/** What was set aside may be damaged, or of a key that is long gone; neither keeps the rest from being sealed. */
function openOrNull(keys: readonly SealingKey[], stored: Uint8Array, path: string): Uint8Array | null {
  try {
    return openAny(keys, stored, originalPath(path));
  } catch (error) {
    if (error instanceof RostroError && (error.code === 'gallery_corrupt' || isSetAside(path))) return null;
    throw error;
  }
}

/** Other people's files among ours, too: they may show faces. Hidden files and README.md stay, unfinished ones go. */
async function filesToSeal({ dataDir, besides }: ResealOptions, disk: Disk): Promise<string[]> {
  const files: string[] = [];
  const walk = async (folder: string): Promise<void> => {
    for (const entry of await disk.list(join(dataDir, folder))) {
      const path = `${folder}/${entry.name}`;
      if (isTemporary(entry.name)) await disk.remove(join(dataDir, path));
      else if (entry.name.startsWith('.') || entry.name === 'README.md') continue;
      else if (entry.isDirectory()) await walk(path);
      else files.push(path);
    }
  };
  for (const folder of [EMBEDDINGS_FOLDER, UPLOADS_FOLDER, BESIDE_FOLDER, QUARANTINE_FOLDER]) await walk(folder);
  for (const path of besides) if (await disk.exists(join(dataDir, path))) files.push(path);
  return files;
}
