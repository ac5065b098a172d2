import { join } from 'node:path';
import { z } from 'zod';
import { plainVault } from '../gallery/sealing/vault.js';
import { readState, writeState } from '../matching/classifiers/state-file.js';

const schema = z.strictObject({ version: z.literal(1), since: z.record(z.string(), z.iso.datetime()) });

/**
 * From when examples count whose own date is missing or cannot be right, by the ids of the examples. Once noted a date
 * stays, whatever becomes of the file's. It holds nobody's face and no name, so it is never encrypted.
 */
export class RetentionLedger {
  private constructor(
    private readonly file: string,
    private since: Record<string, string>,
  ) {}

  static async open(stateDir: string): Promise<RetentionLedger> {
    const file = join(stateDir, 'retention.json');
    return new RetentionLedger(file, (await readState(file, schema, plainVault))?.since ?? {});
  }

  get(id: string): Date | null {
    return Object.hasOwn(this.since, id) ? new Date(this.since[id]) : null;
  }

  set(id: string, date: Date): void {
    this.since = { ...this.since, [id]: date.toISOString() };
  }

  /** Keeps those of these examples, on the disk. @throws RostroError `storage_failed` */
  async save(enrolled: ReadonlySet<string>): Promise<void> {
    const since = Object.fromEntries(Object.entries(this.since).filter(([id]) => enrolled.has(id)));
    const stored = (await readState(this.file, schema, plainVault))?.since ?? {};
    this.since = since;
    if (JSON.stringify(stored) !== JSON.stringify(since))
      await writeState(this.file, schema, { version: 1, since }, plainVault);
  }
}
