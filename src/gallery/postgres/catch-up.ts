import type { Session } from './database.js';
import type { Mirror, Position } from './mirror.js';
import type { PeopleReader } from './people-reader.js';

interface ChangeRow extends Record<string, unknown> {
  readonly number: number;
  readonly mark: string;
  readonly people: number[];
}

/** Beyond so many changes everyone is read instead. */
const MAX_CHANGES = 20_000;

/**
 * Brings the memory to the moment that the session sees.
 * @param session one that sees a single moment, or one that holds the lock of changes
 * @param suspects whether the database may have been set back, or another one be there in its place
 */
export async function catchUp(
  session: Session,
  { mirror, reader }: { readonly mirror: Mirror; readonly reader: PeopleReader },
  suspects = false,
): Promise<void> {
  const since = mirror.position;
  const [{ last }] = await session.query<{ last: number }>('SELECT last_change AS last FROM rostro.gallery');
  if (since === null || last < since.number || (suspects && !(await isThere(session, since)))) {
    return readAll(session, mirror, reader, last);
  }
  if (last === since.number) return;
  const changes = await session.query<ChangeRow>(
    `SELECT number, mark, people FROM rostro.changes WHERE number > $1 ORDER BY number LIMIT ${MAX_CHANGES}`,
    [since.number],
  );
  const newest = changes.at(-1);
  if (newest?.number !== last || changes.length !== last - since.number) {
    return readAll(session, mirror, reader, last);
  }
  const keys = [...new Set(changes.flatMap(({ people }) => people))];
  mirror.apply(keys, await reader.people(session, keys), { number: newest.number, mark: newest.mark });
}

async function readAll(session: Session, mirror: Mirror, reader: PeopleReader, last: number): Promise<void> {
  const since = mirror.position;
  const [change] = await session.query<{ mark: string }>('SELECT mark FROM rostro.changes WHERE number = $1', [last]);
  const everyone = await reader.everyone(session);
  mirror.replaceAll(everyone, { number: last, mark: (change as { mark: string } | undefined)?.mark ?? null }, since);
}

/** Whether the change that the memory ends with has happened in this database. */
async function isThere(session: Session, { number, mark }: Position): Promise<boolean> {
  if (mark === null) return number === 0;
  const found = await session.query('SELECT 1 FROM rostro.changes WHERE number = $1 AND mark = $2', [number, mark]);
  return found.length > 0;
}
