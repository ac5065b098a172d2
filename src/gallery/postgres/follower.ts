import { RostroError } from '../../shared/errors.js';
import type { Logger } from '../../shared/logger.js';
import { lockVectorsInUse } from './advisory-locks.js';
import { CHANNEL } from './change-session.js';
import { BEGIN_SNAPSHOT, type Database, type Session, sessionOn } from './database.js';
import { type Client, createClient } from './driver.js';
import { databaseFailed, unreachable } from './errors.js';
import { lockSchemaInUse } from './migrate.js';

/** Polls also without a notification, because a connection can break silently. */
const POLL_MS = 5000;
/** Timeout of a trivial statement. */
const ANSWER_MS = 5000;
const MIN_RETRY_MS = 100;
const MAX_RETRY_MS = 5000;

export interface FollowerParts {
  readonly database: Database;
  /** Contract id of the running embedder. */
  readonly contract: string;
  readonly log: Logger;
  /** Updates the memory to the state of the session; `verify` after a reconnect. */
  readonly catchUp: (session: Session, verify: boolean) => Promise<void>;
  /** Called after changes of other servers were applied. */
  readonly onCaughtUp: () => Promise<void>;
  /** Number of the last change in memory. */
  readonly position: () => number;
}

/**
 * Applies the changes of other servers to the memory: listens for notifications on a separate connection, and
 * reconnects with exponential backoff.
 */
export class Follower {
  private client: Client | null = null;
  private closed = false;
  private connected = false;
  private retryMs = MIN_RETRY_MS;
  private running: Promise<void> = Promise.resolve();
  private wake: () => void = () => undefined;
  private isNotified = false;

  constructor(private readonly parts: FollowerParts) {}

  /** Whether the connection is up. */
  get isConnected(): boolean {
    return this.connected;
  }

  /**
   * Connects, reads the current state, and keeps following in the background.
   * @throws RostroError where the first connection fails
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
      if (client) await this.listen(client);
      this.connected = false;
      if (this.isDone()) return;
      await this.sleep(this.retryMs * (0.5 + Math.random() / 2));
      this.retryMs = Math.min(this.retryMs * 2, MAX_RETRY_MS);
      if (this.isDone()) return;
      client = await this.connect(true).catch((error: unknown) => this.logFailure(error));
    }
  }

  /** A method, so that TypeScript does not narrow the value across an await. */
  private isDone(): boolean {
    return this.closed;
  }

  private async connect(isReconnect: boolean): Promise<Client> {
    const { database } = this.parts;
    const client = createClient(database.url);
    client.on('error', () => undefined);
    client.on('notification', ({ payload }) => {
      if (Number(payload) > this.parts.position()) this.notify();
    });
    client.on('end', () => {
      if (this.client !== client) return;
      this.client = null;
      this.notify();
    });
    try {
      await client.connect();
      const session = sessionOn(client, database.where);
      await lockSchemaInUse(session);
      await lockVectorsInUse(session, this.parts.contract);
      await session.query(`LISTEN ${CHANNEL}`);
      await this.poll(session, isReconnect);
    } catch (error) {
      await client.end().catch(() => undefined);
      throw databaseFailed(error, database.where);
    }
    if (isReconnect) this.parts.log.info({}, 'the database is back, and what changed meanwhile is known');
    this.client = client;
    this.connected = true;
    this.retryMs = MIN_RETRY_MS;
    return client;
  }

  /** @returns when the connection is broken or closed */
  private async listen(client: Client): Promise<void> {
    const session = sessionOn(client, this.parts.database.where);
    while (!this.closed && this.client === client) {
      if (!this.isNotified) await this.sleep(POLL_MS);
      this.isNotified = false;
      if (this.isDone() || this.client !== client) break;
      try {
        await this.poll(session, false);
      } catch (error) {
        this.logFailure(error);
        this.client = null;
        void client.end().catch(() => undefined);
      }
    }
  }

  private async poll(session: Session, verify: boolean): Promise<void> {
    await this.withTimeout(session.query(BEGIN_SNAPSHOT));
    const before = this.parts.position();
    await this.parts.catchUp(session, verify);
    await session.query('COMMIT');
    if (this.parts.position() !== before) await this.parts.onCaughtUp();
  }

  /** @throws RostroError `database_unreachable` after the timeout */
  private async withTimeout(statement: Promise<unknown>): Promise<void> {
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

  private logFailure(error: unknown): null {
    if (this.closed) return null;
    const code = error instanceof RostroError ? error.code : 'internal';
    this.parts.log.warn({ code }, `changes of other servers cannot be followed: ${(error as Error).message}`);
    return null;
  }

  private notify(): void {
    this.isNotified = true;
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
