import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { openPromise, type Entry, type ZipFile } from 'yauzl';
import { RostroError } from '../shared/errors.js';

/**
 * Writes one entry of a zip archive to `target`. No other entry is unpacked, and no name in the archive ever becomes
 * a path.
 * @throws RostroError `download_failed` when the archive is damaged, lacks the entry, or holds more than `maxBytes`.
 */
export async function extractEntry(zip: string, name: string, target: string, maxBytes: number): Promise<void> {
  try {
    const archive = await openPromise(zip, { lazyEntries: true, autoClose: false });
    try {
      const entry = await findEntry(archive, name);
      if (entry.uncompressedSize > maxBytes) throw unusable(`its ${name} would have ${entry.uncompressedSize} bytes`);
      // yauzl ends the stream with an error when the data does not have the length that the entry states.
      await pipeline(await archive.openReadStreamPromise(entry), createWriteStream(target));
    } finally {
      archive.close();
    }
  } catch (error) {
    await rm(target, { force: true });
    if (error instanceof RostroError || (error as NodeJS.ErrnoException).syscall !== undefined) throw error;
    throw unusable(error instanceof Error ? error.message : String(error), error);
  }
}

async function findEntry(archive: ZipFile, name: string): Promise<Entry> {
  for await (const entry of archive.eachEntry()) {
    if (entry.fileName === name) return entry;
  }
  throw unusable(`it has no ${name}`);
}

function unusable(reason: string, cause?: unknown): RostroError {
  return new RostroError('download_failed', `The zip archive is not usable: ${reason}.`, { cause });
}
