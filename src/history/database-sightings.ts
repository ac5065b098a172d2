import type { Database, Session } from '../gallery/postgres/database.js';
import type { Vault } from '../gallery/sealing/vault.js';
import { decodeFace, encodeFace } from './face-bytes.js';
import type { HistorySummary, SightingPage, SightingStore } from './sighting-store.js';
import {
  daysBefore,
  firstSeen,
  type NewSighting,
  type Sighting,
  type SightingChange,
  type SightingFace,
  sightingFacts,
  type SightingFilter,
  type SightingSource,
  type StrangerMark,
  type StrangerSighting,
  timeDigits,
} from './sighting.js';

interface StrangerRow extends Record<string, unknown> {
  readonly id: string;
  readonly stranger: string | null;
  readonly mark: StrangerMark | null;
  readonly camera: string | null;
  readonly last_seen: string;
  readonly quality: number | null;
  readonly has_crop: boolean;
}

interface SightingRow extends StrangerRow {
  readonly source: SightingSource;
  readonly name: string | null;
  readonly facts: object;
}

/**
 * Sightings in PostgreSQL, of all servers that share the gallery. The rows of a person go with the row of the person,
 * whichever server erases it; a rename needs nothing, and a merge moves the rows in its own transaction.
 */
export class DatabaseSightings implements SightingStore {
  constructor(
    private readonly database: Database,
    private readonly vault: Vault,
  ) {}

  /** The database knows best whether the person is enrolled. */
  async add(sighting: NewSighting, face: SightingFace, _: () => boolean, keepUntil?: Date): Promise<boolean> {
    const { id, source, camera, person, last, quality, ...facts } = sighting;
    const rows = await this.database.query(
      `INSERT INTO rostro.sightings (id, source, camera, last_seen, quality, facts, has_crop, face, keep_until, person)
       SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, p.key
         FROM (SELECT key FROM rostro.people WHERE name = $10 UNION ALL SELECT NULL WHERE $10::text IS NULL) p
       RETURNING id`,
      [
        ...[id, source, camera, last, quality, JSON.stringify(facts)],
        ...[face.crop !== null, this.seal(face, id), keepUntil, person],
      ],
    );
    return rows.length > 0;
  }

  async update(id: string, change: SightingChange, face: SightingFace | null): Promise<boolean> {
    const { last, quality, ...facts } = change;
    const rows = await this.database.query(
      `UPDATE rostro.sightings SET last_seen = $2, quality = $3, facts = $4,
         has_crop = coalesce($5, has_crop), face = coalesce($6, face) WHERE id = $1 RETURNING id`,
      [id, last, quality, JSON.stringify(facts), face && face.crop !== null, face && this.seal(face, id)],
    );
    return rows.length > 0;
  }

  async assign(id: string, person: string | null): Promise<boolean> {
    const rows = await this.database.query(
      `UPDATE rostro.sightings SET person = p.key, stranger = NULL, mark = NULL
         FROM (SELECT key FROM rostro.people WHERE name = $2 UNION ALL SELECT NULL WHERE $2::text IS NULL) p
       WHERE id = $1 RETURNING id`,
      [id, person],
    );
    return rows.length > 0;
  }

  async place(ids: readonly string[], stranger: string, mark: StrangerMark | null): Promise<void> {
    await this.database.query(
      'UPDATE rostro.sightings SET stranger = $2, mark = $3 WHERE id = ANY($1) AND person IS NULL',
      [ids, stranger, mark],
    );
  }

  async strangers(limit: number): Promise<StrangerSighting[]> {
    const rows = await this.database.query<StrangerRow>(
      `SELECT id, stranger, mark, camera, last_seen, quality, has_crop FROM rostro.sightings
       WHERE person IS NULL ORDER BY id DESC LIMIT $1`,
      [limit],
    );
    return rows.map(({ last_seen, has_crop, ...row }) => ({ ...row, last: new Date(last_seen), hasCrop: has_crop }));
  }

  async list(filter: SightingFilter, { limit, before }: SightingPage): Promise<Sighting[]> {
    const { text, values } = conditions(filter, before);
    const rows = await this.database.query<SightingRow>(
      `${SELECT} WHERE ${text} ORDER BY s.id DESC LIMIT $${values.length + 1}`,
      [...values, Number.isFinite(limit) ? limit : null],
    );
    return rows.map(shown);
  }

  async get(id: string): Promise<Sighting | null> {
    const rows = await this.database.query<SightingRow>(`${SELECT} WHERE s.id = $1`, [id]);
    return rows.map(shown).at(0) ?? null;
  }

  async face(id: string): Promise<SightingFace | null> {
    const rows = await this.database.query<{ face: Buffer }>('SELECT face FROM rostro.sightings WHERE id = $1', [id]);
    return rows.map(({ face }) => decodeFace(this.vault.open(face, placeOf(id)), placeOf(id))).at(0) ?? null;
  }

  async faces(ids: readonly string[]): Promise<ReadonlyMap<string, SightingFace>> {
    const rows = await this.database.query<{ id: string; face: Buffer }>(
      'SELECT id, face FROM rostro.sightings WHERE id = ANY($1)',
      [ids],
    );
    return new Map(rows.map(({ id, face }) => [id, decodeFace(this.vault.open(face, placeOf(id)), placeOf(id))]));
  }

  remove(filter: SightingFilter): Promise<number> {
    const { text, values } = conditions(filter);
    return removeWhere(this.database, text, values);
  }

  async removeOne(id: string): Promise<boolean> {
    return (await removeWhere(this.database, 's.id = $1', [id])) > 0;
  }

  prune(now: Date, days: number): Promise<number> {
    const oldest = days > 0 ? timeDigits(daysBefore(days, now)) : '';
    return removeWhere(this.database, 's.id < $1 OR s.keep_until < $2', [oldest, now]);
  }

  async erasing<T>(name: string, erase: () => Promise<T>): Promise<{ result: T; sightings: number }> {
    const sightings = await this.remove({ person: name });
    return { result: await erase(), sightings };
  }

  renaming<T>(_from: string, _to: string, rename: () => Promise<T>): Promise<T> {
    return rename();
  }

  async summary(): Promise<HistorySummary> {
    const [{ count, oldest, strangers }] = await this.database.query<SummaryRow>(
      `SELECT count(*)::int AS count, min(id) AS oldest,
         count(DISTINCT stranger) FILTER (WHERE mark IS DISTINCT FROM 'not_a_face')::int AS strangers
       FROM rostro.sightings`,
    );
    return { count, since: oldest === null ? null : firstSeen(oldest), strangers };
  }

  /** Nothing can be half done. */
  recover(): Promise<string[]> {
    return Promise.resolve([]);
  }

  /** The database is closed by its owner. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  private seal(face: SightingFace, id: string): Uint8Array {
    return this.vault.seal(encodeFace(face), placeOf(id));
  }
}

interface SummaryRow extends Record<string, unknown> {
  readonly count: number;
  readonly oldest: string | null;
  readonly strangers: number;
}

const SELECT = `SELECT s.id, s.source, s.camera, s.stranger, s.mark, s.last_seen, s.quality, s.facts, s.has_crop, p.name
  FROM rostro.sightings s LEFT JOIN rostro.people p ON p.key = s.person`;

function placeOf(id: string): string {
  return `postgres/sightings/${id}`;
}

function shown({ name, last_seen, quality, facts, has_crop, ...row }: SightingRow): Sighting {
  const known = sightingFacts.parse({ ...facts, quality });
  return { ...row, person: name, last: new Date(last_seen), hasCrop: has_crop, ...known };
}

/** The conditions of a filter on `rostro.sightings s`. */
function conditions(filter: SightingFilter, before?: string): { text: string; values: unknown[] } {
  const { person, stranger, strangerId, notAFace, source, camera, from, to, minQuality } = filter;
  const given: [condition: string, value: unknown][] = [
    ['s.person = (SELECT key FROM rostro.people WHERE name = $)', person],
    ['(s.person IS NULL) = $', stranger],
    ['s.stranger = $', strangerId],
    ["(s.mark IS NOT DISTINCT FROM 'not_a_face') = $", notAFace],
    ['s.source = $', source],
    ['s.camera = $', camera],
    ['s.id >= $', from && timeDigits(from)],
    ['s.id < $', to && timeDigits(to)],
    ['coalesce(s.quality, 0) >= $', minQuality],
    ['s.id < $', before],
  ];
  const used = given.filter(([, value]) => value !== undefined);
  const texts = used.map(([condition], i) => condition.replace('$', `$${i + 1}`));
  return { text: ['true', ...texts].join(' AND '), values: used.map(([, value]) => value) };
}

async function removeWhere(session: Session, condition: string, values: readonly unknown[]): Promise<number> {
  const [{ count }] = await session.query<{ count: number }>(
    `WITH gone AS (DELETE FROM rostro.sightings s WHERE ${condition} RETURNING 1) SELECT count(*)::int AS count FROM gone`,
    values,
  );
  return count;
}
