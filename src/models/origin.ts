import { createWriteStream, statSync } from 'node:fs';
import { copyFile, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { RostroError } from '../shared/errors.js';
import { download, type DownloadOptions } from './download.js';
import type { ModelFile } from './manifest.js';
import { removePart } from './part-file.js';

/** A place to get a file from. */
export interface Origin {
  /** URL or path, for messages. */
  readonly label: string;
  /** True for published sources: a file with another checksum is rejected, even if `otherBuilds` is set. */
  readonly published: boolean;
  /**
   * Downloads or copies the file to `temporary`.
   * @throws RostroError `model_missing` when the origin does not have it, `download_failed` when the download fails
   */
  fetchTo(temporary: string): Promise<void>;
}

/** The origins of a file, in order: its own sources, or the folder or URL that the user gave. */
export function originsOf(file: ModelFile, from: string | undefined, options: Partial<DownloadOptions>): Origin[] {
  const limits = { ...options, maxBytes: file.maxBytes };
  if (from === undefined) {
    return file.sources.map(({ url, zipEntry }) =>
      zipEntry === undefined ? remoteFile(url, true, limits) : zippedFile(url, zipEntry, limits),
    );
  }
  if (!isUrl(from)) return [localFile(resolve(from), file)];
  return [remoteFile(new URL(file.path, from.endsWith('/') ? from : `${from}/`).href, false, limits)];
}

/** Whether `from` is a URL; otherwise it is a folder. */
export function isUrl(from: string): boolean {
  return /^https?:\/\//i.test(from);
}

function remoteFile(url: string, published: boolean, options: DownloadOptions): Origin {
  return { label: url, published, fetchTo: (temporary) => download(url, temporary, options).catch(throwIfMissing) };
}

function zippedFile(url: string, entry: string, options: DownloadOptions): Origin {
  return {
    label: url,
    published: true,
    async fetchTo(temporary) {
      const archive = `${temporary}.zip`;
      await download(url, archive, options);
      try {
        await extractEntry(archive, entry, temporary, options.maxBytes);
      } finally {
        await removePart(archive);
      }
    },
  };
}

function localFile(folder: string, file: ModelFile): Origin {
  const path = findFile([file.path, file.path.replace(/^model\//, '')].map((place) => join(folder, place)));
  return {
    label: path,
    published: false,
    async fetchTo(temporary) {
      const entry = await stat(path).catch(() => null);
      if (!entry?.isFile()) throw new RostroError('model_missing', `${folder} has no ${file.path}.`);
      if (entry.size > file.maxBytes) {
        throw new RostroError('checksum_mismatch', `${path} has ${entry.size} bytes, more than it can have.`);
      }
      await removePart(temporary);
      await copyFile(path, temporary);
    },
  };
}

/** The first of some paths that is a file; where none is, the first. */
function findFile([first, ...others]: readonly string[]): string {
  return [first, ...others].find((path) => statSync(path, { throwIfNoEntry: false })?.isFile()) ?? first;
}

function throwIfMissing(error: unknown): never {
  const missing = error instanceof RostroError && [404, 410].includes(error.details?.status as number);
  throw missing ? new RostroError('model_missing', error.message, { cause: error, details: error.details }) : error;
}

/**
 * Extracts one entry of a zip archive to `target`; no name in the archive is used as a path.
 * @throws RostroError `download_failed` when the archive is damaged, does not have the entry, or the entry is too large
 */
export async function extractEntry(zip: string, name: string, target: string, maxBytes: number): Promise<void> {
  try {
    const archive = await openPromise(zip, { lazyEntries: true, autoClose: false });
    try {
      const entry = await findEntry(archive, name);
      if (entry.uncompressedSize > maxBytes)
        throw archiveError(`its ${name} would have ${entry.uncompressedSize} bytes`);
      // yauzl fails when the data does not have the stated length.
      await pipeline(await archive.openReadStreamPromise(entry), createWriteStream(target));
    } finally {
      archive.close();
    }
  } catch (error) {
    await rm(target, { force: true });
    if (error instanceof RostroError || (error as NodeJS.ErrnoException).syscall !== undefined) throw error;
    throw archiveError(error instanceof Error ? error.message : String(error), error);
  }
}

async function findEntry(archive: ZipFile, name: string): Promise<Entry> {
  for await (const entry of archive.eachEntry()) {
    if (entry.fileName === name) return entry;
  }
  throw archiveError(`it has no ${name}`);
}

function archiveError(reason: string, cause?: unknown): RostroError {
  return new RostroError('download_failed', `The zip archive is not usable: ${reason}.`, { cause });
}
