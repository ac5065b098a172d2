import { createWriteStream } from 'node:fs';
import { copyFile, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { RostroError } from '../shared/errors.js';
import { download, type DownloadOptions } from './download.js';
import type { ModelFile } from './manifest.js';
import { discardPart } from './part-file.js';

/** One place that a file can be brought from. */
export interface Origin {
  /** For messages: an address or a path. */
  readonly label: string;
  /** True where a file with another than the published checksum is refused, whatever it is. */
  readonly published: boolean;
  /**
   * Brings the file to the path `temporary`.
   * @throws RostroError `model_missing` when the place does not have it, `download_failed` when it cannot be fetched.
   */
  bring(temporary: string): Promise<void>;
}

/** The places to try for a file, in order: its own sources, or the folder or address that the user named. */
export function originsOf(file: ModelFile, from: string | undefined, options: Partial<DownloadOptions>): Origin[] {
  const limits = { ...options, maxBytes: file.maxBytes };
  if (from === undefined) {
    return file.sources.map(({ url, zipEntry }) =>
      zipEntry === undefined ? fileAt(url, true, limits) : zippedAt(url, zipEntry, limits),
    );
  }
  if (!isUrl(from)) return [copyIn(resolve(from), file)];
  return [fileAt(new URL(file.path, from.endsWith('/') ? from : `${from}/`).href, false, limits)];
}

/** True for an address that files are fetched from; anything else is a folder. */
export function isUrl(from: string): boolean {
  return /^https?:\/\//i.test(from);
}

function fileAt(url: string, published: boolean, options: DownloadOptions): Origin {
  return { label: url, published, bring: (temporary) => download(url, temporary, options).catch(throwIfMissing) };
}

function zippedAt(url: string, entry: string, options: DownloadOptions): Origin {
  return {
    label: url,
    published: true,
    async bring(temporary) {
      const archive = `${temporary}.zip`;
      await download(url, archive, options);
      try {
        await extractEntry(archive, entry, temporary, options.maxBytes);
      } finally {
        await discardPart(archive);
      }
    },
  };
}

function copyIn(folder: string, file: ModelFile): Origin {
  const path = join(folder, file.path);
  return {
    label: path,
    published: false,
    async bring(temporary) {
      const entry = await stat(path).catch(() => null);
      if (!entry?.isFile()) throw new RostroError('model_missing', `${folder} has no ${file.path}.`);
      if (entry.size > file.maxBytes) {
        throw new RostroError('checksum_mismatch', `${path} has ${entry.size} bytes, more than it can have.`);
      }
      await discardPart(temporary);
      await copyFile(path, temporary);
    },
  };
}

function throwIfMissing(error: unknown): never {
  const missing = error instanceof RostroError && [404, 410].includes(error.details?.status as number);
  throw missing ? new RostroError('model_missing', error.message, { cause: error, details: error.details }) : error;
}

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
