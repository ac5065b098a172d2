import { RostroError } from '../../shared/errors.js';
import type { Logger } from '../../shared/logger.js';
import { sessionOn, type Database, type Session } from './database.js';
import { clientOf, type Client } from './driver.js';
import { databaseFailed, unreachable } from './errors.js';
import { runOnSchema } from './migrate.js';
import { runWith } from './vectors-beside.js';

/** What the database calls out to everyone who listens, with the number of the change. */
export const CHANNEL = 'rostro_changes';

/** Looks whether there is news even where nothing is called out: a connection may be dead without a word. */
const POLL_MS = 5000;
/** For a statement that takes no time. */
const ANSWER_MS = 5000;
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5000;
const LOOK = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';

export interface FollowerParts {
  readonly database: Database;
  /** Id of the embedder that runs. */
  readonly contract: string;
  readonly log: Logger;
  /** Brings the memory up to what the session sees; `suspects` after a time without a connection. */
  readonly catchUp: (session: Session, suspects: boolean) => Promise<void>;
  /** Called when there was news. */
  readonly caughtUp: () => Promise<void>;
  /** How far the memory is. */
  readonly position: () => number;
}

/**
 * Follows the changes that other servers make, over a connection of its own: it listens, takes over what is new, and after
 * a lost connection comes back, waiting longer from try to try.
 */
export class Follower {
  private client: Client | null = null;
  private closed = false;
  private connected = false;
  private waitMs = FIRST_WAIT_MS;
  private running: Promise<void> = Promise.resolve();
  private wake: () => void = () => undefined;
  private hasNews = false;

  constructor(private readonly parts: FollowerParts) {}

  /** Whether changes of others come in at present. */
  get isConnected(): boolean {
    return this.connected;
  }

  /**
   * Connects, reads what there is, and goes on following.
   * @throws RostroError when the first connection fails
   */
  async start(): Promise<void> {
    const client = await this.connect(false);
    this.running = this.follow(client);
  }

  async close(): Promise<void> {
    this.closed = true;
    this.wake();
    await this.running;
    await this.client?.end().catch(() => undefined);
  }

  private async follow(first: Client): Promise<void> {
    let client: Client | null = first;
    while (!this.closed) {
      if (client) await this.stayWith(client);
      this.connected = false;
      if (this.isDone()) return;
      await this.sleep(this.waitMs * (0.5 + Math.random() / 2));
      this.waitMs = Math.min(this.waitMs * 2, LONGEST_WAIT_MS);
      if (this.isDone()) return;
      client = await this.connect(true).catch((error: unknown) => this.failed(error));
    }
  }

  /** A method, because it changes while one waits. */
  private isDone(): boolean {
    return this.closed;
  }

  private async connect(suspects: boolean): Promise<Client> {
    const { database } = this.parts;
    const client = clientOf(database.url);
    client.on('error', () => undefined);
    client.on('notification', ({ payload }) => {
      if (Number(payload) > this.parts.position()) this.news();
    });
    client.on('end', () => {
      if (this.client !== client) return;
      this.client = null;
      this.news();
    });
    try {
      await client.connect();
      const session = sessionOn(client, database.where);
      await runOnSchema(session);
      await runWith(session, this.parts.contract);
      await session.query(`LISTEN ${CHANNEL}`);
      await this.lookFor(session, suspects);
    } catch (error) {
      await client.end().catch(() => undefined);
      throw databaseFailed(error, database.where);
    }
    if (suspects) this.parts.log.info({}, 'the database is back, and what changed meanwhile is known');
    this.client = client;
    this.connected = true;
    this.waitMs = FIRST_WAIT_MS;
    return client;
  }

  /** @returns when the connection is no good any more */
  private async stayWith(client: Client): Promise<void> {
    const session = sessionOn(client, this.parts.database.where);
    while (!this.closed && this.client === client) {
      if (!this.hasNews) await this.sleep(POLL_MS);
      this.hasNews = false;
      if (this.isDone() || this.client !== client) break;
      try {
        await this.lookFor(session, false);
      } catch (error) {
        this.failed(error);
        this.client = null;
        void client.end().catch(() => undefined);
      }
    }
  }

  private async lookFor(session: Session, suspects: boolean): Promise<void> {
    await this.answered(session.query(LOOK));
    const before = this.parts.position();
    await this.parts.catchUp(session, suspects);
    await session.query('COMMIT');
    if (this.parts.position() !== before) await this.parts.caughtUp();
  }

  /** @throws RostroError `database_unreachable` where a statement that takes no time is not answered */
  private async answered(statement: Promise<unknown>): Promise<void> {
    const { where } = this.parts.database;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(unreachable(`The database at ${where} does not answer.`));
      }, ANSWER_MS);
    });
    try {
      await Promise.race([statement, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  private failed(error: unknown): null {
    if (this.closed) return null;
    const code = error instanceof RostroError ? error.code : 'internal';
    this.parts.log.warn({ code }, `changes of other servers cannot be followed: ${(error as Error).message}`);
    return null;
  }

  private news(): void {
    this.hasNews = true;
    this.wake();
  }

  private sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
