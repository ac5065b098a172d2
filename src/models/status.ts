import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { RostroError } from '../shared/errors.js';
import { MODEL_FILES, type ModelFile } from './manifest.js';
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

/**
 * The known files that people mean by `wanted`: a model's name (`mtcnn`), a path (`npy/det1.npy`) or a bare file name
 * (`det1.npy`). Nothing wanted means every file that has to be fetched.
 * @throws RostroError `model_missing` for a word that means no known file.
 */
export function selectModels(wanted: readonly string[]): ModelFile[] {
  if (wanted.length === 0) return MODEL_FILES.filter((file) => !file.embedded);
  const selected = new Set(wanted.flatMap(filesMeantBy));
  return MODEL_FILES.filter((file) => selected.has(file));
}

function filesMeantBy(word: string): ModelFile[] {
  const meant = MODEL_FILES.filter((file) => [file.name, file.path, basename(file.path)].includes(word));
  if (meant.length > 0) return meant;
  const names = [...new Set(MODEL_FILES.map((file) => file.name))].join(', ');
  throw new RostroError('model_missing', `No known model is called ${word}. There are: ${names}.`);
}

const schema = z.record(z.string(), z.string().regex(/^[0-9a-f]{64}$/));

/**
 * The checksum that each unverified file had when it was first seen, kept in `.cache/models.json` under the data
 * folder. Nobody published these checksums, but a file that changes on its own is worth a word.
 */
export class FirstSeen {
  private dirty = false;

  private constructor(
    private readonly path: string,
    private readonly checksums: Map<string, string>,
  ) {}

  /** @throws RostroError `storage_failed` when the record is there but cannot be read. */
  static async load(dataDir: string): Promise<FirstSeen> {
    const path = join(dataDir, '.cache', 'models.json');
    try {
      const record = schema.parse(JSON.parse(await readFile(path, 'utf8')));
      return new FirstSeen(path, new Map(Object.entries(record)));
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return new FirstSeen(path, new Map());
      const message = `${path} cannot be read. Delete it, and the model files are remembered anew.`;
      throw new RostroError('storage_failed', message, { cause });
    }
  }

  /** Compares with the checksum that was first seen, or remembers this one. */
  check(file: string, sha256: string): 'unverified' | 'changed' {
    const first = this.checksums.get(file);
    if (first === undefined) this.remember(file, sha256);
    return first === undefined || first === sha256 ? 'unverified' : 'changed';
  }

  /** Replaces what was remembered: the file was put there on purpose. */
  remember(file: string, sha256: string): void {
    this.checksums.set(file, sha256);
    this.dirty = true;
  }

  /** Writes the record if it has changed. @throws RostroError `storage_failed` */
  async save(): Promise<void> {
    if (!this.dirty) return;
    const temporary = `${this.path}.${process.pid}.tmp`;
    try {
      await mkdir(dirname(this.path), { recursive: true });
      await writeFile(temporary, `${JSON.stringify(Object.fromEntries(this.checksums), null, 2)}\n`);
      await publishFile(temporary, this.path);
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
