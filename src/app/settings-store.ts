import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Database } from '../gallery/postgres/database.js';
import { writeState } from '../gallery/sealing/state-file.js';
import { plainVault } from '../gallery/sealing/vault.js';
import { RostroError } from '../shared/errors.js';

/** The texts of changed settings by name, as the environment would have them; null: the default. */
export type StoredSettings = Readonly<Record<string, string | null>>;

/** Keeps the settings that were changed while a server ran. */
export interface SettingsStore {
  /** @throws RostroError `storage_failed` for a damaged file; `database_unreachable` */
  load(): Promise<StoredSettings>;
  /** Stores these and leaves the others as they are. @throws RostroError `storage_failed`, `database_unreachable` */
  save(changes: StoredSettings): Promise<void>;
}

const schema = z.strictObject({ version: z.literal(1), values: z.record(z.string(), z.string().nullable()) });

/** `.state/settings.json`. No setting in it is secret or about a person, so it is never encrypted. */
export class SettingsFile implements SettingsStore {
  private readonly path: string;

  constructor(stateDir: string) {
    this.path = join(stateDir, 'settings.json');
  }

  /** A damaged file is an error: a default may protect less than what was chosen. */
  async load(): Promise<StoredSettings> {
    const text = await readFile(this.path, 'utf8').catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw unreadable(this.path, error);
    });
    if (text === null) return {};
    try {
      return schema.parse(JSON.parse(text)).values;
    } catch (error) {
      throw unreadable(this.path, error);
    }
  }

  async save(changes: StoredSettings): Promise<void> {
    const values = { ...(await this.load()), ...changes };
    await writeState(this.path, schema, { version: 1, values }, plainVault);
  }
}

function unreadable(path: string, cause: unknown): RostroError {
  const message = `${path} has the settings that were changed in the app, and cannot be read. Delete it to go back to the defaults.`;
  return new RostroError('storage_failed', message, { cause });
}

/** For all servers of one database. A setting that is not stored there is taken from the file of this server. */
export class SettingsTable implements SettingsStore {
  constructor(
    private readonly database: Database,
    private readonly file: SettingsFile,
  ) {}

  async load(): Promise<StoredSettings> {
    const rows = await this.database.query<{ name: string; value: string | null }>(
      'SELECT name, value FROM rostro.settings',
    );
    return { ...(await this.file.load()), ...Object.fromEntries(rows.map(({ name, value }) => [name, value])) };
  }

  async save(changes: StoredSettings): Promise<void> {
    await this.database.query(
      `INSERT INTO rostro.settings (name, value) SELECT * FROM unnest($1::text[], $2::text[])
       ON CONFLICT (name) DO UPDATE SET value = excluded.value, changed_at = now()`,
      [Object.keys(changes), Object.values(changes)],
    );
  }
}
