import { join, posix } from 'node:path';
import type { Disk } from './disk.js';
import { embeddingFile, originalPath, QUARANTINE_FOLDER, sidecarFile, UPLOADS_FOLDER } from './layout.js';

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

  /** All files of a person. */
  async filesOf(stem: string): Promise<string[]> {
    const own = [embeddingFile(stem), sidecarFile(stem)];
    const folder = `${UPLOADS_FOLDER}/${stem}`;
    return (await this.files({ restored: true })).filter((path) => {
      const { dir, name } = posix.parse(originalPath(path));
      return own.includes(originalPath(path)) || dir === folder || (dir === UPLOADS_FOLDER && name === stem);
    });
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
