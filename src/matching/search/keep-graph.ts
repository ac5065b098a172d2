import { renameSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { asideFrom } from './saved-graph.js';

/**
 * Puts a graph that was saved in its place, or removes it where somebody was erased while it was written. Between the
 * question and the renaming nothing else happens in this thread, so that an erasure either is known or removes the file itself.
 */
export async function keepGraph(fresh: string, folder: string, mayKeep: () => boolean): Promise<void> {
  const old = asideFrom(folder);
  if (!mayKeep()) return rm(fresh, { recursive: true, force: true });
  try {
    move(folder, old);
    move(fresh, folder);
  } finally {
    for (const path of [old, fresh]) await rm(path, { recursive: true, force: true });
  }
}

/** Nothing happens where there is nothing: an erasure may have removed it. */
function move(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
