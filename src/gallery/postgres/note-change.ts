import type { Session } from './database.js';
import { CHANNEL } from './follower.js';
import type { Position } from './mirror.js';

/** A server that was cut off for longer reads everyone. */
const KEPT_CHANGES = 100_000;

/** Within a transaction that holds the lock of changes: counts one, and calls it out to all servers. */
export async function noteChange(
  session: Session,
  people: readonly number[],
  { number, mark }: Position,
): Promise<void> {
  await session.query(
    `WITH counted AS (UPDATE rostro.gallery SET last_change = $1),
       noted AS (INSERT INTO rostro.changes (number, mark, people) VALUES ($1, $2, $3)),
       forgotten AS (DELETE FROM rostro.changes WHERE number <= $1 - ${KEPT_CHANGES})
     SELECT pg_notify('${CHANNEL}', $1::bigint::text)`,
    [number, mark, people],
  );
}
