import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { RostroError } from '../shared/errors.js';
import { publishFile } from './files.js';

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
