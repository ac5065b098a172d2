import type { Database } from '../../gallery/postgres/database.js';
import { newPseudonym, type Pseudonyms } from './pseudonyms.js';

/** Lookups of video frames ask for the same people repeatedly. */
const CACHE_MS = 5000;
/** A newer pseudonym without a person may belong to an enrolment on another server. */
const ENROLMENT_GRACE = `interval '10 minutes'`;

/** Pseudonyms in a database that several servers share. */
export class DatabasePseudonyms implements Pseudonyms {
  private readonly cache = new Map<string, { readonly subject: string; readonly at: number }>();

  constructor(private readonly database: Database) {}

  async getOrCreate(name: string): Promise<string> {
    await this.database.query(
      'INSERT INTO rostro.audit_subjects (name, subject) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING',
      [name, newPseudonym()],
    );
    return (await this.lookUp(name)) ?? this.getOrCreate(name);
  }

  async find(name: string): Promise<string | null> {
    const known = this.cache.get(name);
    if (known && Date.now() - known.at < CACHE_MS) return known.subject;
    const subject = await this.lookUp(name);
    if (subject === null) this.cache.delete(name);
    else this.cache.set(name, { subject, at: Date.now() });
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

  /** Checks the enrolment in the database, because the memory of this server may be outdated. */
  async forget(name: string): Promise<void> {
    this.cache.delete(name);
    await this.database.query(
      `DELETE FROM rostro.audit_subjects s
       WHERE name = $1 AND NOT EXISTS (SELECT FROM rostro.people p WHERE p.name = s.name)`,
      [name],
    );
  }

  async reconcile(_enrolled: readonly string[], make: boolean): Promise<void> {
    await this.database.query(
      `DELETE FROM rostro.audit_subjects s WHERE made_at < now() - ${ENROLMENT_GRACE}
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
