import { stat } from 'node:fs/promises';
import { sha256OfFile } from './files.js';
import { FirstSeen } from './first-seen.js';
import type { ModelFile } from './manifest.js';
import { modelPath } from './resolve.js';

/**
 * - `ok`: the published SHA-256.
 * - `wrong`: another one; the file is damaged or not what its name says.
 * - `unverified`: another one where that can be sound (`ModelFile.otherBuilds`).
 * - `changed`: unverified, and no longer the file that was first seen here.
 */
export type Checksum = 'ok' | 'wrong' | 'unverified' | 'changed';

export interface ModelStatus {
  readonly file: ModelFile;
  /** Where the file lies, or would lie. */
  readonly path: string;
  readonly present: boolean;
  /** Null for a missing file. */
  readonly bytes: number | null;
  /** Null for a missing file, or where no size was published. */
  readonly sizeOk: boolean | null;
  /** Null for a missing file. */
  readonly sha256: string | null;
  /** Null for a missing file. */
  readonly checksum: Checksum | null;
}

/**
 * Looks at every file and hashes those that are there. Unverified files are remembered, if the data folder can be
 * written to.
 * @throws RostroError `storage_failed` when the record of first-seen checksums is damaged.
 */
export async function modelStatuses(files: readonly ModelFile[], dataDir: string): Promise<ModelStatus[]> {
  const firstSeen = await FirstSeen.load(dataDir);
  const statuses: ModelStatus[] = [];
  for (const file of files) statuses.push(await modelStatus(file, dataDir, firstSeen));
  await firstSeen.save().catch(() => undefined);
  return statuses;
}

/** The status of one file; `firstSeen` is updated, not saved. */
export async function modelStatus(file: ModelFile, dataDir: string, firstSeen: FirstSeen): Promise<ModelStatus> {
  const path = modelPath(file, dataDir);
  const entry = await stat(path).catch(() => null);
  if (!entry?.isFile()) {
    return { file, path, present: false, bytes: null, sizeOk: null, sha256: null, checksum: null };
  }
  const sha256 = await sha256OfFile(path);
  return {
    file,
    path,
    present: true,
    bytes: entry.size,
    sizeOk: file.bytes === null ? null : entry.size === file.bytes,
    sha256,
    checksum: judge(file, sha256, firstSeen),
  };
}

function judge(file: ModelFile, sha256: string, firstSeen: FirstSeen): Checksum {
  if (sha256 === file.sha256) return 'ok';
  if (!file.otherBuilds) return 'wrong';
  // The lockfile guards the npm package, and an upgrade may change it.
  return file.embedded ? 'unverified' : firstSeen.check(file.path, sha256);
}
