import { join, posix } from 'node:path';
import { RostroError } from '../../shared/errors.js';
import type { Disk } from './disk.js';
import { EMBEDDINGS_FOLDER, originalPath, QUARANTINE_FOLDER, UPLOADS_FOLDER } from './layout.js';
import { parseSidecar, type Sidecar } from './sidecar.js';

/**
 * Folder for damaged and orphaned files: `.quarantine/<time>/<original path>`. Files are moved, never changed or
 * deleted, so that an administrator can restore them.
 */
export class Quarantine {
  constructor(
    private readonly disk: Disk,
    private readonly dataDir: string,
  ) {}

  /**
   * Moves files or folders into the quarantine, in this order.
   * @param paths relative to the data folder
   * @returns the new folder; null where `paths` is empty
   * @throws the file system's error; files that were already moved stay there
   */
  async add(paths: readonly string[], moment: Date): Promise<string | null> {
    if (paths.length === 0) return null;
    const folder = await this.#newFolder(moment);
    for (const path of paths) await this.#move(path, `${folder}/${path}`);
    await this.#syncAround(paths.map((path) => `${folder}/${path}`));
    await this.#leave(paths);
    for (const parent of [folder, QUARANTINE_FOLDER, '.']) await this.disk.syncFolder(this.#at(parent));
    return folder;
  }

  /** Moves files to the subfolder `restored`, after their person was re-enrolled. */
  async markRestored(paths: readonly string[]): Promise<void> {
    const targets = paths.map((path) => {
      const [root, moment] = path.split('/');
      return `${root}/${moment}/restored/${originalPath(path)}`;
    });
    for (const [i, path] of paths.entries()) await this.#move(path, targets[i]);
    await this.#syncAround(targets);
    await this.#leave(paths);
  }

  /** All files, the newest folder first. @param restored whether to include files of restored people */
  async files({ restored }: { readonly restored: boolean }): Promise<string[]> {
    const moments = (await this.disk.list(this.#at(QUARANTINE_FOLDER)))
      .map(({ name }) => name)
      .sort()
      .reverse();
    const files: string[] = [];
    for (const moment of moments) await this.#collect(`${QUARANTINE_FOLDER}/${moment}`, files);
    return restored ? files : files.filter((path) => path.split('/')[2] !== 'restored');
  }

  /** All files of a person: with their stem, or with the stem of a description that has their name. */
  async filesOf(stem: string, name: string): Promise<string[]> {
    const files = await this.files({ restored: true });
    const stems = new Set([stem]);
    for (const path of files) {
      const { dir, name: other, ext } = posix.parse(originalPath(path));
      if (dir !== EMBEDDINGS_FOLDER || ext !== '.json') continue;
      const sidecar = await readSidecar(this.disk, this.dataDir, path).catch(ignoreOtherKey);
      if (sidecar?.name === name) stems.add(other);
    }
    return files.filter((path) => stems.has(stemOf(originalPath(path)) ?? ''));
  }

  async #newFolder(moment: Date): Promise<string> {
    const base = `${QUARANTINE_FOLDER}/${moment.toISOString().replaceAll(':', '-')}`;
    let folder = base;
    for (let copy = 2; await this.disk.exists(this.#at(folder)); copy++) folder = `${base}-${copy}`;
    return folder;
  }

  async #move(from: string, to: string): Promise<void> {
    await this.disk.makeFolder(this.#at(posix.dirname(to)));
    await this.disk.rename(this.#at(from), this.#at(to));
  }

  async #syncAround(paths: readonly string[]): Promise<void> {
    for (const folder of new Set(paths.map((path) => posix.dirname(path))))
      await this.disk.syncFolder(this.#at(folder));
  }

  /** Removes folders that are now empty. */
  async #leave(paths: readonly string[]): Promise<void> {
    for (const folder of new Set(paths.map((path) => posix.dirname(path)))) {
      const removed = folder.includes('/') && (await this.disk.removeEmptyFolder(this.#at(folder)));
      await this.disk.syncFolder(this.#at(removed ? posix.dirname(folder) : folder));
    }
  }

  async #collect(folder: string, files: string[]): Promise<void> {
    for (const entry of await this.disk.list(this.#at(folder))) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) await this.#collect(path, files);
      else files.push(path);
    }
  }

  #at(path: string): string {
    return join(this.dataDir, path);
  }
}

/** The stem of the person that a file belongs to. @param path relative to the data folder, as before the quarantine */
function stemOf(path: string): string | null {
  const { dir, name } = posix.parse(path);
  if (dir.startsWith(`${UPLOADS_FOLDER}/`)) return dir.slice(UPLOADS_FOLDER.length + 1);
  return dir === EMBEDDINGS_FOLDER || dir === UPLOADS_FOLDER ? name : null;
}

/** A file that was encrypted with another key must not prevent the removal of a person. */
function ignoreOtherKey(error: unknown): null {
  if (error instanceof RostroError && error.code === 'encryption_key_wrong') return null;
  throw error;
}

/** @returns null for a damaged file, and for one that is no sidecar */
export async function readSidecar(disk: Disk, dataDir: string, path: string): Promise<Sidecar | null> {
  try {
    const bytes = await disk.read(join(dataDir, path));
    return bytes && parseSidecar(bytes, path);
  } catch (error) {
    if (error instanceof RostroError && error.code === 'gallery_corrupt') return null;
    throw error;
  }
}
