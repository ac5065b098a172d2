import { randomUUID } from 'node:crypto';
import { RostroError } from '../../shared/errors.js';
import type { Logger } from '../../shared/logger.js';
import { lockVectorsInUse } from './advisory-locks.js';
import { CHANNEL } from './change-session.js';
import { BEGIN_SNAPSHOT, type Database, type Session, sessionOn } from './database.js';
import { type Client, createClient, refusesTimeouts, SET_TIMEOUTS } from './driver.js';
import { databaseFailed, unreachable } from './errors.js';
import { lockSchemaInUse } from './migrate.js';

/** Polls also without a notification, because a connection can break silently. */
const POLL_MS = 5000;
/** Timeout of a trivial statement. */
const ANSWER_MS = 5000;
const MIN_RETRY_MS = 100;
const MAX_RETRY_MS = 5000;

const NO_NOTIFICATIONS =
  'Notifications of the database do not arrive, so changes of other servers are seen some seconds late. Behind PgBouncer in transaction mode, set DATABASE_LISTEN_URL to an address of the database without it.';

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
  private stopWatching: () => void = () => undefined;
  private readonly probe = `test ${randomUUID()}`;
  private onProbe: (arrived: boolean) => void = () => undefined;

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
    this.stopWatching = this.parts.database.whenDiscarded(() => void this.client?.end().catch(() => undefined));
    void this.checkNotifications();
  }

  async close(): Promise<void> {
    this.closed = true;
    this.stopWatching();
    this.wake();
    this.onProbe(false);
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
    const client = await this.open().catch((error: unknown) => {
      throw databaseFailed(error, database.where);
    });
    client.on('notification', ({ payload }) => {
      if (payload === this.probe) this.onProbe(true);
      else if (Number(payload) > this.parts.position()) this.notify();
    });
    client.on('end', () => {
      if (this.client !== client) return;
      this.client = null;
      this.notify();
    });
    try {
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

  /** A pooler may refuse timeouts at the start; this connection is not shared, so they can be set later. */
  private async open(): Promise<Client> {
    const { listenUrl } = this.parts.database;
    try {
      return await opened(createClient(listenUrl, true));
    } catch (error) {
      if (!refusesTimeouts(error)) throw error;
    }
    const client = await opened(createClient(listenUrl, false));
    await client.query(SET_TIMEOUTS);
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

  /** Says once if notifications do not arrive, as behind a pooler that gives connections away after each transaction. */
  private async checkNotifications(): Promise<void> {
    const { database, log } = this.parts;
    const arrived = new Promise<boolean>((resolve) => {
      this.onProbe = resolve;
      setTimeout(resolve, ANSWER_MS, false).unref();
    });
    const sent = database.query('SELECT pg_notify($1, $2)', [CHANNEL, this.probe]).then(
      () => true,
      () => false,
    );
    if (!(await sent) || (await arrived) || this.closed) return;
    log.warn({}, NO_NOTIFICATIONS);
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

/** @throws the error of the driver; the client is closed then */
async function opened(client: Client): Promise<Client> {
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}
