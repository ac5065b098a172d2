import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { corrupt } from '../gallery/errors.js';
import type { Database, Session } from '../gallery/postgres/database.js';
import type { Vault } from '../gallery/sealing/vault.js';
import { parseJson } from '../shared/json.js';
import type { AttendanceStore, SessionPage } from './attendance-store.js';
import { type AttendanceSession, combineRows, type Row, rowFacts, type SessionFacts, sessionFacts } from './session.js';

interface StoredRow extends Record<string, unknown> {
  readonly id: string;
  readonly facts: Buffer;
  /** Null where a session has no people. */
  readonly key: string | null;
  readonly name: string;
  readonly row: Buffer;
}

type KeyedSession = Omit<AttendanceSession, 'rows'> & { readonly rows: readonly (Row & { readonly key: string })[] };

/**
 * Sessions in PostgreSQL, of all servers that share the gallery. The rows of a person go with the row of the person,
 * whichever server erases it; a rename needs nothing, and a merge moves the rows in its own transaction.
 */
export class DatabaseAttendance implements AttendanceStore {
  constructor(
    private readonly database: Database,
    private readonly vault: Vault,
  ) {}

  /** The database knows best who is enrolled. */
  put(session: AttendanceSession): Promise<AttendanceSession> {
    return this.database.transaction(async (transaction) => {
      const { id } = session;
      const facts = this.seal(sessionFacts, session, id);
      await transaction.query(
        'INSERT INTO rostro.attendance (id, facts) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET facts = $2',
        [id, facts],
      );
      await transaction.query('DELETE FROM rostro.attendance_people WHERE session = $1', [id]);
      const keyed = session.rows.map((row) => ({ ...row, key: randomUUID() }));
      const added = await transaction.query<{ key: string }>(
        `INSERT INTO rostro.attendance_people (key, session, person, facts, place)
         SELECT r.key, $1, p.key, r.facts, r.place
           FROM unnest($2::uuid[], $3::text[], $4::bytea[]) WITH ORDINALITY AS r (key, name, facts, place)
           JOIN rostro.people p ON p.name = r.name
         RETURNING key`,
        [
          id,
          keyed.map(({ key }) => key),
          keyed.map(({ person }) => person),
          keyed.map((row) => this.seal(rowFacts, row, row.key)),
        ],
      );
      const keys = new Set(added.map(({ key }) => key));
      return { ...session, rows: session.rows.filter((_, i) => keys.has(keyed[i].key)) };
    });
  }

  async list({ limit, before, since }: SessionPage): Promise<AttendanceSession[]> {
    const page = `SELECT id FROM rostro.attendance WHERE ($1::text IS NULL OR id < $1) AND ($2::text IS NULL OR id >= $2)
      ORDER BY id DESC LIMIT $3`;
    const rows = await this.database.query<StoredRow>(`${SELECT} WHERE s.id IN (${page}) ORDER BY s.id DESC, r.place`, [
      before,
      since,
      Number.isFinite(limit) ? limit : null,
    ]);
    return this.sessions(rows);
  }

  async get(id: string): Promise<AttendanceSession | null> {
    return (await this.find(this.database, id)) ?? null;
  }

  change(id: string, edit: (session: AttendanceSession) => AttendanceSession): Promise<AttendanceSession | null> {
    return this.database.transaction(async (transaction) => {
      await transaction.query('SELECT 1 FROM rostro.attendance WHERE id = $1 FOR UPDATE', [id]);
      const before = await this.find(transaction, id);
      if (before === undefined) return null;
      const after = edit(before) as KeyedSession;
      if (after === before) return after;
      const facts = this.seal(sessionFacts, after, id);
      await transaction.query('UPDATE rostro.attendance SET facts = $2 WHERE id = $1', [id, facts]);
      const changed = after.rows.filter((row) => !before.rows.includes(row));
      for (const row of changed) {
        const sealed = this.seal(rowFacts, row, row.key);
        await transaction.query('UPDATE rostro.attendance_people SET facts = $2 WHERE key = $1', [row.key, sealed]);
        // Of people who were merged, whose rows are combined in this one.
        await transaction.query(
          `DELETE FROM rostro.attendance_people a USING rostro.attendance_people b
           WHERE b.key = $1 AND a.session = b.session AND a.person = b.person AND a.key <> b.key`,
          [row.key],
        );
      }
      return after;
    });
  }

  async remove(id: string): Promise<boolean> {
    const rows = await this.database.query('DELETE FROM rostro.attendance WHERE id = $1 RETURNING id', [id]);
    return rows.length > 0;
  }

  /** The rows go with the person, in one transaction of the gallery. */
  async erasing<T>(name: string, erase: () => Promise<T>): Promise<{ result: T; attendance: number }> {
    const [{ count }] = await this.database.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM rostro.attendance_people r JOIN rostro.people p ON p.key = r.person
       WHERE p.name = $1`,
      [name],
    );
    return { result: await erase(), attendance: count };
  }

  renaming<T>(_from: string, _to: string, rename: () => Promise<T>): Promise<T> {
    return rename();
  }

  /** Nothing can be half done. */
  recover(): Promise<string[]> {
    return Promise.resolve([]);
  }

  /** The database is closed by its owner. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  private async find(session: Session, id: string): Promise<KeyedSession | undefined> {
    return this.sessions(await session.query<StoredRow>(`${SELECT} WHERE s.id = $1 ORDER BY r.place`, [id])).at(0);
  }

  /** @param rows those of a session together */
  private sessions(rows: readonly StoredRow[]): KeyedSession[] {
    const sessions = new Map<string, { facts: SessionFacts; rows: (Row & { key: string })[] }>();
    for (const { id, facts, key, name, row } of rows) {
      const session = sessions.get(id) ?? { facts: this.open(sessionFacts, facts, id), rows: [] };
      sessions.set(id, session);
      if (key !== null) session.rows.push({ key, person: name, ...this.open(rowFacts, row, key) });
    }
    return [...sessions].map(([id, session]) => ({ id, ...session.facts, rows: combineRows(session.rows) }));
  }

  private seal<T>(schema: z.ZodType<T>, value: T, key: string): Uint8Array {
    return this.vault.seal(Buffer.from(JSON.stringify(schema.parse(value))), placeOf(key));
  }

  private open<T>(schema: z.ZodType<T>, stored: Buffer, key: string): T {
    const parsed = schema.safeParse(parseJson(this.vault.open(stored, placeOf(key))));
    if (parsed.success) return parsed.data;
    throw corrupt(placeOf(key), 'it is not what this version of Rostro wrote');
  }
}

const SELECT = `SELECT s.id, s.facts, r.key, p.name, r.facts AS row
  FROM rostro.attendance s
  LEFT JOIN rostro.attendance_people r ON r.session = s.id
  LEFT JOIN rostro.people p ON p.key = r.person`;

/** Of a session or a row. */
function placeOf(key: string): string {
  return `postgres/attendance/${key}`;
}
