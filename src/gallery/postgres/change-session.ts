import { randomUUID } from 'node:crypto';
import { RostroError } from '../../shared/errors.js';
import { catchUp } from './catch-up.js';
import type { Database, Session } from './database.js';
import { violated } from './driver.js';
import { unreachable } from './errors.js';
import { CHANNEL } from './follower.js';
import type { Mirror, Position } from './mirror.js';
import { otherContract } from './missing-vectors.js';
import type { PeopleReader, StoredPerson } from './people-reader.js';

/** What a change comes to: whom it is about, and those of them who are there afterwards. */
export interface Outcome<T> {
  readonly result: T;
  /** Nobody where nothing has to change. */
  readonly keys: readonly number[];
  readonly after: readonly StoredPerson[];
}

export interface ChangeParts {
  readonly database: Database;
  readonly mirror: Mirror;
  readonly reader: PeopleReader;
  readonly contract: { readonly id: string; readonly name: string };
}

/** How often, and with what pauses, it is asked what became of a change when the connection broke amid its end. */
const ASK_AFTER_MS = [100, 500, 1500, 3000];

/**
 * Carries one change out in a transaction. They come one after the other over all servers, under a lock on the row that
 * counts them, so that their numbers become visible in their order; whoever has the lock first takes over what others have
 * changed, so that the memory may be asked what is true.
 */
export class ChangeSession {
  constructor(private readonly parts: ChangeParts) {}

  /**
   * @param work is given the transaction; the memory is up to date then and stays so until it is over
   * @returns when the change is real and in the memory
   * @throws RostroError `database_unreachable`, `gallery_contract_mismatch`; what `work` throws. Nothing has changed then
   */
  async carryOut<T>(work: (session: Session) => Promise<Outcome<T>>): Promise<T> {
    const { database, mirror } = this.parts;
    const mark = randomUUID();
    // Held in an object, because what a callback assigns the compiler does not see.
    const planned: { change?: { readonly outcome: Outcome<T>; readonly number: number } } = {};
    try {
      await database.change(async (session) => {
        const number = (await this.lock(session)) + 1;
        const outcome = await work(session).catch(rethrown);
        if (outcome.keys.length > 0) await noteChange(session, outcome.keys, { number, mark });
        planned.change = { outcome, number };
      });
    } catch (error) {
      if (!planned.change || !(await this.hasHappened(mark, error))) throw error;
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
    if (contract !== this.parts.contract.id) await this.takeOver(session, contract, embedder);
    return last;
  }

  /**
   * New examples come with the vectors of whoever writes. An empty gallery is anybody's; one of which this server knows
   * nobody is another's.
   * @throws RostroError `gallery_contract_mismatch`
   */
  private async takeOver(session: Session, contract: string | null, embedder: string | null): Promise<void> {
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
   * Whether a change whose end was not answered has become real. The lock is free only when its transaction has ended.
   * @throws RostroError `database_unreachable` where that cannot be found out
   */
  private async hasHappened(mark: string, cause: unknown): Promise<boolean> {
    if (!(cause instanceof RostroError) || cause.code !== 'database_unreachable') return false;
    for (const pauseMs of ASK_AFTER_MS) {
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      const found = await this.parts.database
        .change(async (session) => {
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

/** Where two servers without each other's people in memory want the same name, the database tells. */
function rethrown(error: unknown): never {
  const constraint = violated(error);
  if (constraint === 'people_name')
    throw new RostroError('person_exists', 'Somebody of that name is already enrolled.');
  if (constraint === 'people_own_id') throw new RostroError('id_taken', 'The id is that of somebody else already.');
  throw error;
}

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
