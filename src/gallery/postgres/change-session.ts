import { randomUUID } from 'node:crypto';
import { RostroError } from '../../shared/errors.js';
import type { Database, Session } from './database.js';
import { violatedConstraint } from './driver.js';
import { unreachable } from './errors.js';
import { catchUp, type Mirror, type Position } from './mirror.js';
import type { PeopleReader, StoredPerson } from './people-reader.js';
import { otherContract } from './stored-contracts.js';

/** Channel of LISTEN/NOTIFY; the payload is the number of the change. */
export const CHANNEL = 'rostro_changes';

/** Result of a change, and the people it changed. */
export interface Outcome<T> {
  readonly result: T;
  /** Keys of all changed people; empty where nothing changed. */
  readonly keys: readonly number[];
  /** Those of them who exist afterwards. */
  readonly after: readonly StoredPerson[];
}

export interface ChangeParts {
  readonly database: Database;
  readonly mirror: Mirror;
  readonly reader: PeopleReader;
  readonly contract: { readonly id: string; readonly name: string };
}

/** Delays between the attempts to find out whether a change was committed, after the connection broke during COMMIT. */
const RETRY_DELAYS_MS = [100, 500, 1500, 3000];

/**
 * Executes changes in transactions. A lock on the row of `rostro.gallery` serialises them across all servers, so that
 * their numbers become visible in order. After taking the lock, the memory is updated with the changes of other
 * servers, so that `work` can rely on it.
 */
export class ChangeSession {
  constructor(private readonly parts: ChangeParts) {}

  /**
   * *
   * @param work runs in the transaction; the memory is current for its duration
   * @returns when the change is committed and in memory
   * @throws RostroError `database_unreachable`, `gallery_contract_mismatch`; what `work` throws. Nothing has changed
   *   then
   */
  async execute<T>(work: (session: Session) => Promise<Outcome<T>>): Promise<T> {
    const { database, mirror } = this.parts;
    const mark = randomUUID();
    // An object, because TypeScript does not track assignments in callbacks.
    const planned: { change?: { readonly outcome: Outcome<T>; readonly number: number } } = {};
    try {
      await database.transaction(async (session) => {
        const number = (await this.lock(session)) + 1;
        const outcome = await work(session).catch(translateViolation);
        if (outcome.keys.length > 0) await recordChange(session, outcome.keys, { number, mark });
        planned.change = { outcome, number };
      });
    } catch (error) {
      if (!planned.change || !(await this.wasCommitted(mark, error))) throw error;
    }
    const { outcome, number } = planned.change!;
    if (outcome.keys.length > 0) mirror.apply(outcome.keys, outcome.after, { number, mark });
    return outcome.result;
  }

  /** @returns the number of the last change */
  private async lock(session: Session): Promise<number> {
    const [{ last, contract, embedder }] = await session.query<{
      last: number;
      contract: string | null;
      embedder: string | null;
    }>('SELECT last_change AS last, contract, embedder FROM rostro.gallery FOR UPDATE');
    const { mirror, reader } = this.parts;
    if (mirror.position?.number !== last) await catchUp(session, { mirror, reader });
    if (contract !== this.parts.contract.id) await this.claimContract(session, contract, embedder);
    return last;
  }

  /**
   * Records this server's embedder as the last writer. Refuses where the gallery has examples, but none with vectors
   * of this embedder.
   * @throws RostroError `gallery_contract_mismatch`
   */
  private async claimContract(session: Session, contract: string | null, embedder: string | null): Promise<void> {
    const { id, name } = this.parts.contract;
    const [{ foreign }] = await session.query(
      `SELECT EXISTS (SELECT FROM rostro.examples)
         AND NOT EXISTS (SELECT FROM rostro.vectors WHERE contract = $1) AS foreign`,
      [id],
    );
    if (foreign && contract !== null) throw otherContract({ id: contract, name: embedder ?? '' }, { id, name });
    await session.query('UPDATE rostro.gallery SET contract = $1, embedder = $2', [id, name]);
  }

  /**
   * Whether a change was committed, after its COMMIT got no answer. Takes the change lock first, which waits for the
   * end of that transaction.
   * @throws RostroError `database_unreachable` where the database does not answer
   */
  private async wasCommitted(mark: string, cause: unknown): Promise<boolean> {
    if (!(cause instanceof RostroError) || cause.code !== 'database_unreachable') return false;
    for (const pauseMs of RETRY_DELAYS_MS) {
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      const found = await this.parts.database
        .transaction(async (session) => {
          await session.query('SELECT 1 FROM rostro.gallery FOR UPDATE');
          return session.query('SELECT 1 FROM rostro.changes WHERE mark = $1', [mark]);
        })
        .catch(() => null);
      if (found) return found.length > 0;
    }
    throw unreachable(
      `${cause.message} Whether the change was made is not known: look, when the database is back, before you ask again.`,
      cause,
    );
  }
}

/** Two servers with different embedders do not see each other's people; the constraints detect equal names and ids. */
function translateViolation(error: unknown): never {
  const constraint = violatedConstraint(error);
  if (constraint === 'people_name')
    throw new RostroError('person_exists', 'Somebody of that name is already enrolled.');
  if (constraint === 'people_own_id') throw new RostroError('id_taken', 'The id is that of somebody else already.');
  throw error;
}

/** Changes kept in the table. A server that missed more reads all people. */
const KEPT_CHANGES = 100_000;

/** Records a change and notifies all servers. The transaction of the session must hold the change lock. */
export async function recordChange(
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
