import { join, posix } from 'node:path';
import { RostroError } from '../../shared/errors.js';
import { storageFailed } from '../errors.js';
import { ChangeWriter } from '../files/change-writer.js';
import { type Disk, nodeDisk, writeAndRename } from '../files/disk.js';
import {
  EMBEDDINGS_FOLDER,
  isQuarantined,
  isTemporary,
  originalPath,
  QUARANTINE_FOLDER,
  SHADOW_FOLDER,
  temporaryFile,
  UPLOADS_FOLDER,
} from '../files/layout.js';
import { sealedStateName } from './state-file.js';
import { seal, sealedWith, type SealingKey } from './sealed.js';
import { openSealedOrPlain, sealedDisk } from './vault.js';

export interface ResealOptions {
  readonly dataDir: string;
  /** State files with personal data, relative to the data folder; missing ones are skipped. */
  readonly extraFiles: readonly string[];
  /** All keys that a file may be encrypted with. */
  readonly keys: readonly SealingKey[];
  /** The new key; null to decrypt all files. */
  readonly target: SealingKey | null;
  readonly onFile?: (done: number, total: number) => void;
  /** Default: the file system. */
  readonly disk?: Disk;
}

export interface ResealReport {
  readonly changed: number;
  /** Number of files that already had the target key. */
  readonly already: number;
  /** Damaged files, which no key decrypts. They are left unchanged. */
  readonly unreadable: readonly string[];
}

/**
 * Re-encrypts all personal data of a data folder with another key, or decrypts it. Each file is replaced atomically,
 * so that one of the keys decrypts it at any moment; the next call continues an interrupted run. The caller holds the
 * folder's lock.
 * @throws RostroError `encryption_key_wrong`, `gallery_corrupt`, `storage_failed`
 */
export async function resealFolder(options: ResealOptions): Promise<ResealReport> {
  const { dataDir, extraFiles, keys, target, onFile, disk = nodeDisk } = options;
  try {
    await recover(options, disk);
    const files = await filesToSeal(options, disk);
    const state = new Set(extraFiles);
    const nameOf = (path: string) => (state.has(path) ? sealedStateName(path) : originalPath(path));
    const report = { changed: 0, already: 0, unreadable: [] as string[] };
    for (const [i, path] of files.entries()) {
      const outcome = await resealFile(disk, dataDir, path, { keys, target, name: nameOf(path) });
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
    open: (stored: Uint8Array, name: string) => openSealedOrPlain(keys, stored, name),
  };
  await new ChangeWriter(sealedDisk(disk, dataDir, vault), dataDir).recover();
}

async function resealFile(
  disk: Disk,
  dataDir: string,
  path: string,
  { keys, target, name }: Pick<ResealOptions, 'keys' | 'target'> & { readonly name: string },
): Promise<'changed' | 'already' | 'unreadable'> {
  const stored = await disk.read(join(dataDir, path));
  if (stored === null || sealedWith(stored) === (target?.id ?? null)) return 'already';
  const plain = openOrNull(keys, stored, path, name);
  if (plain === null) return 'unreadable';
  const folder = posix.dirname(path);
  const bytes = target === null ? plain : seal(plain, target, name);
  await writeAndRename(disk, join(dataDir, temporaryFile(folder)), join(dataDir, path), bytes);
  await disk.syncFolder(join(dataDir, folder));
  return 'changed';
}

/** @returns null for damaged files, and for quarantined files of an unknown key, which must not stop the run */
function openOrNull(keys: readonly SealingKey[], stored: Uint8Array, path: string, name: string): Uint8Array | null {
  try {
    return openSealedOrPlain(keys, stored, name);
  } catch (error) {
    if (error instanceof RostroError && (error.code === 'gallery_corrupt' || isQuarantined(path))) return null;
    throw error;
  }
}

/** All files, also unknown ones, which may show faces. Ignores hidden files and README.md; deletes incomplete files. */
async function filesToSeal({ dataDir, extraFiles }: ResealOptions, disk: Disk): Promise<string[]> {
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
  for (const folder of [EMBEDDINGS_FOLDER, UPLOADS_FOLDER, SHADOW_FOLDER, QUARANTINE_FOLDER]) await walk(folder);
  for (const path of extraFiles) if (await disk.exists(join(dataDir, path))) files.push(path);
  return files;
}
