import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { RostroError } from '../shared/errors.js';
import { MODEL_FILES, type ModelFile } from './manifest.js';
import { modelPath } from './find-models.js';
import { PUBLIC_FILE, replaceFile } from '../shared/files.js';

/**
 * Result of comparing a file's SHA-256:
 * - `ok`: the published checksum.
 * - `wrong`: another checksum; the file is damaged or another file.
 * - `unverified`: another checksum, which can be valid (`ModelFile.otherBuilds`).
 * - `changed`: unverified, and different from when it was first seen.
 */
export type Checksum = 'ok' | 'wrong' | 'unverified' | 'changed';

export interface ModelStatus {
  readonly file: ModelFile;
  /** Path of the file, whether it exists or not. */
  readonly path: string;
  readonly present: boolean;
  /** Null for a missing file. */
  readonly bytes: number | null;
  /** Null for a missing file, or when no size was published. */
  readonly sizeOk: boolean | null;
  /** Null for a missing file. */
  readonly sha256: string | null;
  /** Null for a missing file. */
  readonly checksum: Checksum | null;
}

/**
 * Checks and hashes all files. Checksums of unverified files are recorded if the data folder is writable.
 * @throws RostroError `storage_failed` when the record of first-seen checksums is damaged
 */
export async function modelStatuses(files: readonly ModelFile[], dataDir: string): Promise<ModelStatus[]> {
  const firstSeen = await FirstSeen.load(dataDir);
  const statuses: ModelStatus[] = [];
  for (const file of files) statuses.push(await modelStatus(file, dataDir, firstSeen));
  await firstSeen.save().catch(() => undefined);
  return statuses;
}

/** The status of one file; updates `firstSeen` without saving it. */
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
    checksum: checksumOf(file, sha256, firstSeen),
  };
}

function checksumOf(file: ModelFile, sha256: string, firstSeen: FirstSeen): Checksum {
  if (sha256 === file.sha256) return 'ok';
  if (!file.otherBuilds && !agreesWith(file.sha256, sha256)) return 'wrong';
  // The lockfile pins the npm package, and an upgrade may change the file.
  return file.embedded ? 'unverified' : firstSeen.check(file.path, sha256);
}

/** Whether a digest is the published one, as far as that is known: `0ba9fbfa…4e79` states its ends. */
export function agreesWith(published: string, sha256: string): boolean {
  const [start, end = start] = published.split('…');
  return sha256.startsWith(start) && sha256.endsWith(end);
}

/**
 * Selects known files by model name (`mtcnn`), path (`npy/det1.npy`) or file name (`det1.npy`). An empty list selects
 * all downloadable files that are not on request.
 * @throws RostroError `model_missing` for a word that matches no known file
 */
export function selectModels(wanted: readonly string[]): ModelFile[] {
  if (wanted.length === 0) return MODEL_FILES.filter((file) => !file.embedded && !file.onRequest);
  const selected = new Set(wanted.flatMap(filesMatching));
  return MODEL_FILES.filter((file) => selected.has(file));
}

function filesMatching(word: string): ModelFile[] {
  const meant = MODEL_FILES.filter((file) => [file.name, file.path, basename(file.path)].includes(word));
  if (meant.length > 0) return meant;
  const names = [...new Set(MODEL_FILES.map((file) => file.name))].join(', ');
  throw new RostroError('model_missing', `No known model is called ${word}. There are: ${names}.`);
}

/**
 * Checks that the user knows of licences that forbid commercial use.
 * @throws RostroError `bad_config` with the licence, unless it is accepted
 */
export function assertLicencesAccepted(files: readonly ModelFile[], accepted: boolean): void {
  const restricted = files.find((file) => file.nonCommercial);
  if (restricted === undefined || accepted) return;
  throw new RostroError(
    'bad_config',
    `The licence of ${restricted.name} forbids commercial use: ${restricted.licence}. Give --accept-licence if your use complies.`,
  );
}

const schema = z.record(z.string(), z.string().regex(/^[0-9a-f]{64}$/));

/**
 * The checksum of each unverified file when it was first seen, stored in `.cache/models.json` in the data folder. These
 * checksums are not published, but an unexpected change of a file should be reported.
 */
export class FirstSeen {
  private dirty = false;

  private constructor(
    private readonly path: string,
    private readonly checksums: Map<string, string>,
  ) {}

  /** @throws RostroError `storage_failed` when the record exists but cannot be read */
  static async load(dataDir: string): Promise<FirstSeen> {
    const path = join(dataDir, '.cache', 'models.json');
    try {
      const record = schema.parse(JSON.parse(await readFile(path, 'utf8')));
      return new FirstSeen(path, new Map(Object.entries(record)));
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return new FirstSeen(path, new Map());
      const message = `${path} cannot be read. Delete it; it is created again.`;
      throw new RostroError('storage_failed', message, { cause });
    }
  }

  /** Compares with the first-seen checksum, or records this one. */
  check(file: string, sha256: string): 'unverified' | 'changed' {
    const first = this.checksums.get(file);
    if (first === undefined) this.remember(file, sha256);
    return first === undefined || first === sha256 ? 'unverified' : 'changed';
  }

  /** Replaces the recorded checksum after a deliberate download. */
  remember(file: string, sha256: string): void {
    this.checksums.set(file, sha256);
    this.dirty = true;
  }

  /** Writes the record if it changed. @throws RostroError `storage_failed` */
  async save(): Promise<void> {
    if (!this.dirty) return;
    try {
      await mkdir(dirname(this.path), { recursive: true });
      const text = `${JSON.stringify(Object.fromEntries(this.checksums), null, 2)}\n`;
      await replaceFile(this.path, text, { mode: PUBLIC_FILE, sync: 'folder' });
    } catch (cause) {
      throw new RostroError('storage_failed', `${this.path} cannot be written: ${(cause as Error).message}.`, {
        cause,
      });
    }
    this.dirty = false;
  }
}

/** Lower-case hexadecimal SHA-256 of a file, read as a stream. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
