import { basename, join } from 'node:path';
import { EMBEDDINGS_FOLDER, QUARANTINE_FOLDER, SHADOW_FOLDER, UPLOADS_FOLDER } from '../gallery/files/layout.js';
import { closeToOthers, isOpenToOthers, openToOthers, systemCode } from '../shared/files.js';
import type { Config } from './config.js';

/** Folders with faces, names or keys. */
function privateFolders({ storage: { dataDir, stateDir, cacheDir } }: Pick<Config, 'storage'>): string[] {
  const ofGallery = [EMBEDDINGS_FOLDER, UPLOADS_FOLDER, SHADOW_FOLDER, QUARANTINE_FOLDER];
  return [...ofGallery.map((folder) => join(dataDir, folder)), stateDir, join(cacheDir, 'embeddings')];
}

/** @returns files and folders with faces, names or keys that other users of the machine have rights on */
export async function openPrivateFiles(config: Pick<Config, 'storage'>): Promise<string[]> {
  return (await Promise.all(privateFolders(config).map(openToOthers))).flat();
}

/**
 * Removes the rights of other users that earlier versions and copies gave.
 * @param everywhere whether to search folders that are closed, which protect what is in them
 * @returns notices, a sentence each
 */
export async function closePrivateFolders(config: Config, everywhere: boolean): Promise<string[]> {
  const folders = privateFolders(config);
  let closed = 0;
  try {
    for (const folder of folders) {
      if (!everywhere && !(await isOpenToOthers(folder))) continue;
      for (const path of await openToOthers(folder)) {
        await closeToOthers(path);
        // A new checkout has both, and nothing to report.
        if (!folders.includes(path) && basename(path) !== 'README.md') closed++;
      }
    }
  } catch (error) {
    return [`the rights of other users on the files of the gallery cannot be removed (${systemCode(error)})`];
  }
  if (closed === 0) return [];
  return [
    `other users of this machine had rights on ${closed} ${closed === 1 ? 'file' : 'files'}, which they no longer have`,
  ];
}
