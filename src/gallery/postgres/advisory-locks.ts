import { createHash } from 'node:crypto';
import type { Session } from './database.js';

/** Keys of PostgreSQL advisory locks. The numbers are arbitrary, but servers of all versions must use the same. */

/** Exclusive: held while the schema is migrated. */
export const MIGRATE_LOCK = 7_267_801;
/** Shared: held by running servers, so that the schema is not migrated under them. */
export const SCHEMA_IN_USE_LOCK = 7_267_802;
/** Exclusive: held while a vector index is created. */
export const INDEX_LOCK = 7_267_803;
/** Class of shared locks per contract: held by servers that use the vectors of that contract. */
const VECTORS_IN_USE_CLASS = 7_267_804;

/** Marks the vectors of this contract as in use for the lifetime of the session. */
export async function lockVectorsInUse(session: Session, contractId: string): Promise<void> {
  await session.query('SELECT pg_advisory_lock_shared($1, $2)', [VECTORS_IN_USE_CLASS, numberOf(contractId)]);
}

/**
 * Keeps servers from starting to use the vectors of this contract until the transaction of the session ends.
 * @returns false where a server already uses them; nothing is locked then
 */
export async function tryLockUnusedVectors(session: Session, contractId: string): Promise<boolean> {
  const [{ alone }] = await session.query('SELECT pg_try_advisory_xact_lock($1, $2) AS alone', [
    VECTORS_IN_USE_CLASS,
    numberOf(contractId),
  ]);
  return alone === true;
}

function numberOf(contractId: string): number {
  return createHash('sha256').update(contractId).digest().readInt32BE();
}
