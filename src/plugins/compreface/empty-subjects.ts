import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Gallery, Person } from '../../gallery/gallery.js';
import type { Database } from '../../gallery/postgres/database.js';
import { plainVault, type Vault } from '../../gallery/sealing/vault.js';
import { openState, writeState } from '../../gallery/sealing/state-file.js';
import { parseGroup } from '../../people/person-details.js';
import { parseEnrolledName } from '../../people/person-name.js';
import type { PluginData } from '../../privacy/plugin-data.js';
import { RostroError } from '../../shared/errors.js';
import { SerialQueue } from '../../shared/queue.js';
import { systemCode } from '../../shared/files.js';
import { parseJson } from '../../shared/json.js';
import { hasLostCharacters } from '../../shared/text-encoding.js';

/** A subject without examples. CompreFace has them, the gallery has only people with examples. */
export interface EmptySubject {
  readonly name: string;
  /** Of the key that created it; null for a key without a group. */
  readonly group: string | null;
}

const archivedSubjects = z.array(
  z.object({ name: z.string().transform(parseEnrolledName), group: z.string().transform(parseGroup).nullable() }),
);

/** Names of subjects without examples. A name is unique within its group. */
export abstract class EmptySubjects implements PluginData {
  readonly field = 'subjects';
  readonly title = "names without photos (CompreFace's API)";
  readonly schema = archivedSubjects;

  abstract readonly files: readonly string[];
  /** Ordered by name. @throws RostroError `storage_failed`, `database_unreachable` */
  abstract all(): Promise<readonly EmptySubject[]>;
  /** Does nothing if the subject exists. @throws RostroError `storage_failed`, `database_unreachable` */
  abstract add(subject: EmptySubject): Promise<void>;
  /** @throws RostroError `storage_failed`, `database_unreachable` */
  abstract remove(subject: EmptySubject): Promise<void>;
  /**
   * Removes the name from the groups of a person who is erased, and the name without a group. In other groups the same name
   * is another person.
   * @throws RostroError `storage_failed`, `database_unreachable`
   */
  abstract forget(person: Pick<Person, 'name' | 'groups'>): Promise<void>;

  /** Leaves out names of people who have examples, and names with lost characters. */
  async addAll(subjects: readonly EmptySubject[], gallery: Pick<Gallery, 'people'>): Promise<number> {
    const names = new Set(gallery.people().map(({ name }) => name));
    const existing = await this.all();
    const missing = subjects.filter(
      (subject) =>
        !names.has(subject.name) &&
        !hasLostCharacters(subject.name) &&
        existing.every((other) => inOrder(other, subject) !== 0),
    );
    for (const subject of missing) await this.add(subject);
    return missing.length;
  }
}

function inOrder(a: EmptySubject, b: EmptySubject): number {
  const [left, right] = [`${a.name}\0${a.group ?? ''}`, `${b.name}\0${b.group ?? ''}`];
  return left < right ? -1 : Number(left > right);
}

interface SubjectRow extends Record<string, unknown> {
  readonly name: string;
  /** Empty for no group. */
  readonly group_name: string;
}

/** In the database, for all servers that share it. */
export class EmptySubjectsTable extends EmptySubjects {
  readonly files = [];

  constructor(private readonly database: Database) {
    super();
  }

  async all(): Promise<readonly EmptySubject[]> {
    const rows = await this.database.query<SubjectRow>(
      'SELECT name, group_name FROM rostro.empty_subjects ORDER BY name, group_name',
    );
    return rows.map(({ name, group_name }) => ({ name, group: group_name === '' ? null : group_name }));
  }

  async add({ name, group }: EmptySubject): Promise<void> {
    await this.database.query(
      'INSERT INTO rostro.empty_subjects (name, group_name) VALUES ($1, $2) ON CONFLICT DO NOTHING',
      [name, group ?? ''],
    );
  }

  async remove({ name, group }: EmptySubject): Promise<void> {
    await this.database.query('DELETE FROM rostro.empty_subjects WHERE name = $1 AND group_name = $2', [
      name,
      group ?? '',
    ]);
  }

  async forget({ name, groups }: Pick<Person, 'name' | 'groups'>): Promise<void> {
    await this.database.query('DELETE FROM rostro.empty_subjects WHERE name = $1 AND group_name = ANY ($2)', [
      name,
      ['', ...groups],
    ]);
  }
}

const schema = z.strictObject({
  version: z.literal(1),
  subjects: z.array(z.strictObject({ name: z.string(), group: z.string().nullable() })),
});

/**
 * `.state/subjects.json`, encrypted with the gallery. A damaged file is renamed to `subjects.json.damaged`.
 */
export class EmptySubjectsFile extends EmptySubjects {
  readonly files: readonly string[];
  private readonly file: string;
  private readonly queue = new SerialQueue();

  constructor(
    stateDir: string,
    private readonly vault: Vault = plainVault,
  ) {
    super();
    this.file = join(stateDir, 'subjects.json');
    this.files = [this.file];
  }

  all(): Promise<readonly EmptySubject[]> {
    return this.queue.run(() => this.read());
  }

  add(subject: EmptySubject): Promise<void> {
    return this.change((subjects) => [...subjects.filter((other) => inOrder(other, subject) !== 0), subject]);
  }

  remove(subject: EmptySubject): Promise<void> {
    return this.change((subjects) => subjects.filter((other) => inOrder(other, subject) !== 0));
  }

  forget({ name, groups }: Pick<Person, 'name' | 'groups'>): Promise<void> {
    const isTheirs = (other: EmptySubject) =>
      other.name === name && (other.group === null || groups.includes(other.group));
    return this.change((subjects) => subjects.filter((other) => !isTheirs(other)));
  }

  private async read(): Promise<readonly EmptySubject[]> {
    const stored = await this.stored();
    if (stored === null) return [];
    const parsed = schema.safeParse(parseJson(openState(stored, this.file, this.vault)));
    if (parsed.success) return parsed.data.subjects;
    await rename(this.file, `${this.file}.damaged`);
    return [];
  }

  /** @returns null if there is no file. @throws RostroError `storage_failed`: names that cannot be read must not be overwritten */
  private async stored(): Promise<Uint8Array | null> {
    try {
      return await readFile(this.file);
    } catch (cause) {
      const code = systemCode(cause);
      if (code === 'ENOENT') return null;
      throw new RostroError('storage_failed', `${this.file} cannot be read: ${code ?? ''}.`, { cause });
    }
  }

  private change(edit: (subjects: readonly EmptySubject[]) => EmptySubject[]): Promise<void> {
    return this.queue.run(async () => {
      const before = await this.read();
      const subjects = edit(before).sort(inOrder);
      if (JSON.stringify(subjects) === JSON.stringify(before)) return;
      await writeState(this.file, schema, { version: 1, subjects }, this.vault);
    });
  }
}
