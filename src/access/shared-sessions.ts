import { RostroError } from '../shared/errors.js';
import type { Database } from '../gallery/postgres/database.js';
import { IDLE_MS, hashOf, MAX_AGE_MS, MAX_SESSIONS, newToken, type Session, type Sessions } from './sessions.js';

interface LoginRow extends Record<string, unknown> {
  readonly key_id: string;
  readonly csrf_token: string;
  readonly started_at: string;
  readonly used_at: string;
}

/** A session that was ended at another server works here for this long. */
const CACHE_MS = 2000;
const MAX_CACHED = 1000;

interface CachedSession {
  readonly session: Session;
  readonly at: number;
  /** Whether the use is recorded in the database. */
  readonly isUsed: boolean;
}

const ALIVE = `used_at > now() - interval '${IDLE_MS} milliseconds' AND started_at > now() - interval '${MAX_AGE_MS} milliseconds'`;

/** The sessions of all servers on one database. */
export class SharedSessions implements Sessions {
  /** By the hash of the token, oldest first. */
  private readonly cached = new Map<string, CachedSession>();

  constructor(private readonly database: Database) {}

  async start(keyId: string): Promise<{ token: string; session: Session }> {
    const [token, csrfToken] = [newToken(), newToken()];
    await this.database.query(`DELETE FROM rostro.logins WHERE NOT (${ALIVE})`);
    await this.database.query(
      `DELETE FROM rostro.logins WHERE id IN
         (SELECT id FROM rostro.logins WHERE key_id = $1 ORDER BY started_at DESC OFFSET $2)`,
      [keyId, MAX_SESSIONS - 1],
    );
    const [row] = await this.database.query<LoginRow>(
      'INSERT INTO rostro.logins (id, key_id, csrf_token) VALUES ($1, $2, $3) RETURNING *',
      [hashOf(token), keyId, csrfToken],
    );
    return { token, session: this.cache(hashOf(token), sessionOf(row), true) };
  }

  /** Without the database, cached sessions stay valid. */
  find(token: string): Promise<Session | null> {
    return this.lookUp(token, true);
  }

  peek(token: string): Promise<Session | null> {
    return this.lookUp(token, false);
  }

  private async lookUp(token: string, isUse: boolean): Promise<Session | null> {
    const id = hashOf(token);
    const known = this.cached.get(id);
    const isFresh = known && Date.now() - known.at < CACHE_MS;
    if (isFresh && (known.isUsed || !isUse)) return known.session;
    const query = isUse ? 'UPDATE rostro.logins SET used_at = now()' : 'SELECT * FROM rostro.logins';
    try {
      const [row] = await this.database.query<LoginRow>(
        `${query} WHERE id = $1 AND ${ALIVE}${isUse ? ' RETURNING *' : ''}`,
        [id],
      );
      if (row as LoginRow | undefined) return this.cache(id, sessionOf(row), isUse);
      this.cached.delete(id);
      return null;
    } catch (error) {
      if (known && error instanceof RostroError && error.code === 'database_unreachable') return known.session;
      throw error;
    }
  }

  async end(token: string): Promise<void> {
    this.cached.delete(hashOf(token));
    await this.database.query('DELETE FROM rostro.logins WHERE id = $1', [hashOf(token)]);
  }

  private cache(id: string, session: Session, isUsed: boolean): Session {
    this.cached.delete(id);
    const [oldest] = this.cached.keys();
    if (this.cached.size >= MAX_CACHED) this.cached.delete(oldest);
    this.cached.set(id, { session, at: Date.now(), isUsed });
    return session;
  }
}

function sessionOf({ key_id, csrf_token, started_at, used_at }: LoginRow): Session {
  return {
    keyId: key_id,
    csrfToken: csrf_token,
    startedAt: Date.parse(started_at),
    usedAt: Date.parse(used_at),
  };
}
