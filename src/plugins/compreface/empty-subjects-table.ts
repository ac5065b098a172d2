import type { Person } from '../../gallery/gallery.js';
import type { Database } from '../../gallery/postgres/database.js';
import type { EmptySubject, EmptySubjects } from './empty-subjects.js';

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
