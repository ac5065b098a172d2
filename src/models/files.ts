import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Lower-case hexadecimal SHA-256 of a file, read as a stream. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/**
 * Puts a finished file in its place: its bytes reach the disk before its name does, so that after a power cut there
 * is the old file or the new one, never half of one. Both paths must be on one file system.
 */
export async function publishFile(temporary: string, target: string): Promise<void> {
  await syncAndClose(await open(temporary, 'r+'));
  await rename(temporary, target);
  // Windows cannot open a folder; there the rename alone has to do.
  const folder = await open(dirname(target), 'r').catch(() => null);
  if (folder) await syncAndClose(folder);
}

async function syncAndClose(handle: FileHandle): Promise<void> {
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
