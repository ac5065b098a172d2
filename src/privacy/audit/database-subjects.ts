import type { Database } from '../../gallery/postgres/database.js';
import { newSubject, type Subjects } from './subjects.js';

/** For looks at photos, which ask for the same people with every frame. */
const REMEMBERED_MS = 5000;
/** Whoever is not enrolled, but was given a pseudonym so lately, is being enrolled by another server. */
const BEING_ENROLLED = `interval '10 minutes'`;

/** Pseudonyms in a database that several servers share. */
export class DatabaseSubjects implements Subjects {
  private readonly remembered = new Map<string, { readonly subject: string; readonly at: number }>();

  constructor(private readonly database: Database) {}

  async of(name: string): Promise<string> {
    await this.database.query(
      'INSERT INTO rostro.audit_subjects (name, subject) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING',
      [name, newSubject()],
    );
    return (await this.lookUp(name)) ?? this.of(name);
  }

  async find(name: string): Promise<string | null> {
    const known = this.remembered.get(name);
    if (known && Date.now() - known.at < REMEMBERED_MS) return known.subject;
    const subject = await this.lookUp(name);
    if (subject === null) this.remembered.delete(name);
    else this.remembered.set(name, { subject, at: Date.now() });
    return subject;
  }

  async names(): Promise<ReadonlyMap<string, string>> {
    const rows = await this.database.query<{ name: string; subject: string }>(
      'SELECT name, subject FROM rostro.audit_subjects',
    );
    return new Map(rows.map(({ name, subject }) => [subject, name]));
  }

  async alias(name: string, other: string): Promise<void> {
    await this.database.query(
      `INSERT INTO rostro.audit_subjects (name, subject) SELECT $2, subject FROM rostro.audit_subjects WHERE name = $1
       ON CONFLICT (name) DO UPDATE SET subject = excluded.subject, made_at = now()`,
      [name, other],
    );
  }

  /** The database says who is enrolled: this server's memory may not have heard yet. */
  async forget(name: string): Promise<void> {
    this.remembered.delete(name);
    await this.database.query(
      `DELETE FROM rostro.audit_subjects s
       WHERE name = $1 AND NOT EXISTS (SELECT FROM rostro.people p WHERE p.name = s.name)`,
      [name],
    );
  }

  async settle(_enrolled: readonly string[], make: boolean): Promise<void> {
    await this.database.query(
      `DELETE FROM rostro.audit_subjects s WHERE made_at < now() - ${BEING_ENROLLED}
       AND NOT EXISTS (SELECT FROM rostro.people p WHERE p.name = s.name)`,
    );
    if (!make) return;
    await this.database.query(
      `INSERT INTO rostro.audit_subjects (name, subject)
       SELECT name, 'p-' || replace(gen_random_uuid()::text, '-', '') FROM rostro.people
       ON CONFLICT (name) DO NOTHING`,
    );
  }

  private async lookUp(name: string): Promise<string | null> {
    const rows = await this.database.query<{ subject: string }>(
      'SELECT subject FROM rostro.audit_subjects WHERE name = $1',
      [name],
    );
    return rows.at(0)?.subject ?? null;
  }
}
