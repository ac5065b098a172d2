import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { systemCode } from '../../gallery/files/disk.js';
import type { Gallery, Person } from '../../gallery/gallery.js';
import type { Database } from '../../gallery/postgres/database.js';
import { plainVault } from '../../gallery/sealing/vault.js';
import { writeState } from '../../matching/classifiers/state-file.js';
import { RostroError } from '../../shared/errors.js';
import { Turns } from './turns.js';

/** A subject without examples, as CompreFace knows them; the gallery has no people without. */
export interface EmptySubject {
  readonly name: string;
  /** Whose key made it; null for a key without a group. */
  readonly group: string | null;
}

/** Names of subjects that have no example yet, or no longer. Each once a group. */
export interface EmptySubjects {
  /** In the order of their names. @throws RostroError `database_unreachable` */
  all(): Promise<readonly EmptySubject[]>;
  /** Adds what is not there. @throws RostroError `storage_failed`, `database_unreachable` */
  add(subject: EmptySubject): Promise<void>;
  /** @throws RostroError `storage_failed`, `database_unreachable` */
  remove(subject: EmptySubject): Promise<void>;
  /**
   * Takes the name of somebody who is erased away from their groups, and from those without one. Another group's subject of
   * the same name is somebody else.
   * @throws RostroError `storage_failed`, `database_unreachable`
   */
  forget(person: Pick<Person, 'name' | 'groups'>): Promise<void>;
}

export function inOrder(a: EmptySubject, b: EmptySubject): number {
  const [left, right] = [`${a.name}\0${a.group ?? ''}`, `${b.name}\0${b.group ?? ''}`];
  return left < right ? -1 : Number(left > right);
}

interface SubjectRow extends Record<string, unknown> {
  readonly name: string;
  /** Empty for none. */
  readonly group_name: string;
}

/** Those of all servers that share a database. */
export class EmptySubjectsTable implements EmptySubjects {
  constructor(private readonly database: Database) {}

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

/** `.state/subjects.json`. Names stay readable, as in the file names of the gallery, so it is never encrypted. A damaged file is put aside. */
export class EmptySubjectsFile implements EmptySubjects {
  private readonly file: string;
  private readonly turns = new Turns();

  constructor(stateDir: string) {
    this.file = join(stateDir, 'subjects.json');
  }

  all(): Promise<readonly EmptySubject[]> {
    return this.turns.take(() => this.read());
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
    const text = await this.text();
    if (text === null) return [];
    const parsed = schema.safeParse(jsonIn(text));
    if (parsed.success) return parsed.data.subjects;
    await rename(this.file, `${this.file}.damaged`);
    return [];
  }

  /** @returns null where there is no file. @throws RostroError `storage_failed`: names that cannot be read now must not be written over */
  private async text(): Promise<string | null> {
    try {
      return await readFile(this.file, 'utf8');
    } catch (cause) {
      const code = systemCode(cause);
      if (code === 'ENOENT') return null;
      throw new RostroError('storage_failed', `${this.file} cannot be read: ${code ?? ''}.`, { cause });
    }
  }

  private change(edit: (subjects: readonly EmptySubject[]) => EmptySubject[]): Promise<void> {
    return this.turns.take(async () => {
      const before = await this.read();
      const subjects = edit(before).sort(inOrder);
      if (JSON.stringify(subjects) === JSON.stringify(before)) return;
      await writeState(this.file, schema, { version: 1, subjects }, plainVault);
    });
  }
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export interface SubjectsTarget {
  readonly subjects: Pick<EmptySubjects, 'all' | 'add'>;
  readonly gallery: Pick<Gallery, 'people'>;
}

/**
 * Adds subjects that come from elsewhere, but for those whose name somebody has examples under by now.
 * @returns how many were not there
 * @throws RostroError `storage_failed`, `database_unreachable`
 */
export async function addSubjects(
  { subjects, gallery }: SubjectsTarget,
  wanted: readonly EmptySubject[],
): Promise<number> {
  const names = new Set(gallery.people().map(({ name }) => name));
  const there = await subjects.all();
  const missing = wanted.filter(
    (subject) => !names.has(subject.name) && there.every((other) => inOrder(other, subject) !== 0),
  );
  for (const subject of missing) await subjects.add(subject);
  return missing.length;
}
