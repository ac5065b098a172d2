import { relative, sep } from 'node:path';
import { outboxFiles } from '../../events/delivery/outbox-files.js';
import { folderClassifierFile, galleryClassifierFile } from './classifier-store.js';
import { strangersFile } from './strangers-store.js';

/** The state files that hold embeddings, what was learnt from them, or who was seen, relative to the data folder. */
export function faceStateFiles(dataDir: string, stateDir: string): string[] {
  const learned = [galleryClassifierFile, folderClassifierFile, strangersFile].map((fileOf) => fileOf(stateDir));
  return [...learned, ...outboxFiles(stateDir)].map((file) => relative(dataDir, file).split(sep).join('/'));
}
