import { relative, sep } from 'node:path';
import { folderClassifierFile, galleryClassifierFile } from './classifier-store.js';
import { strangersFile } from './strangers-store.js';

/** The state files that hold embeddings or what was learnt from them, relative to the data folder. */
export function faceStateFiles(dataDir: string, stateDir: string): string[] {
  return [galleryClassifierFile, folderClassifierFile, strangersFile].map((fileOf) =>
    relative(dataDir, fileOf(stateDir)).split(sep).join('/'),
  );
}
