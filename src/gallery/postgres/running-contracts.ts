import { createHash } from 'node:crypto';
import type { Session } from './database.js';

/** Class of advisory locks, of no meaning but theirs: whose vectors are read. */
const READING = 7_267_804;

/** Marks the session as one that reads the vectors of this contract, as long as it lives. */
export async function runWith(session: Session, contractId: string): Promise<void> {
  await session.query('SELECT pg_advisory_lock_shared($1, $2)', [READING, numberOf(contractId)]);
}

/**
 * @returns false where a server reads the vectors of this contract; else none begins to until the transaction of this
 *   session is over
 */
export async function keepOut(session: Session, contractId: string): Promise<boolean> {
  const [{ alone }] = await session.query('SELECT pg_try_advisory_xact_lock($1, $2) AS alone', [
    READING,
    numberOf(contractId),
  ]);
  return alone === true;
}

function numberOf(contractId: string): number {
  return createHash('sha256').update(contractId).digest().readInt32BE();
}
