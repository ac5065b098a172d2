import { RostroError } from '../shared/errors.js';
import type { Database } from '../gallery/postgres/database.js';
import { IDLE_MS, idOf, LONGEST_MS, newToken, type Session, type Sessions } from './sessions.js';

interface LoginRow extends Record<string, unknown> {
  readonly key_id: string;
  readonly csrf_token: string;
  readonly started_at: string;
  readonly used_at: string;
}

/** A session that was ended at another server is good for so long here. */
const REMEMBERED_MS = 2000;
const MAX_REMEMBERED = 1000;

interface Remembered {
  readonly session: Session;
  readonly at: number;
  /** Whether the database was told of the use. */
  readonly isUsed: boolean;
}

const ALIVE = `used_at > now() - interval '${IDLE_MS} milliseconds' AND started_at > now() - interval '${LONGEST_MS} milliseconds'`;

/** The logins of all servers that share a database: whichever of them a browser gets to knows it. */
export class SharedSessions implements Sessions {
  /** By the hash of the cookie, oldest first. */
  private readonly remembered = new Map<string, Remembered>();

  constructor(private readonly database: Database) {}

  async start(keyId: string): Promise<{ token: string; session: Session }> {
    const [token, csrfToken] = [newToken(), newToken()];
    await this.database.query(`DELETE FROM rostro.logins WHERE NOT (${ALIVE})`);
    const [row] = await this.database.query<LoginRow>(
      'INSERT INTO rostro.logins (id, key_id, csrf_token) VALUES ($1, $2, $3) RETURNING *',
      [idOf(token), keyId, csrfToken],
    );
    return { token, session: this.remember(idOf(token), sessionOf(row), true) };
  }

  /** Without the database whoever was logged in lately stays so. */
  find(token: string): Promise<Session | null> {
    return this.lookUp(token, true);
  }

  peek(token: string): Promise<Session | null> {
    return this.lookUp(token, false);
  }

  private async lookUp(token: string, isUse: boolean): Promise<Session | null> {
    const id = idOf(token);
    const known = this.remembered.get(id);
    const isFresh = known && Date.now() - known.at < REMEMBERED_MS;
    if (isFresh && (known.isUsed || !isUse)) return known.session;
    const query = isUse ? 'UPDATE rostro.logins SET used_at = now()' : 'SELECT * FROM rostro.logins';
    try {
      const [row] = await this.database.query<LoginRow>(
        `${query} WHERE id = $1 AND ${ALIVE}${isUse ? ' RETURNING *' : ''}`,
        [id],
      );
      if (row as LoginRow | undefined) return this.remember(id, sessionOf(row), isUse);
      this.remembered.delete(id);
      return null;
    } catch (error) {
      if (known && error instanceof RostroError && error.code === 'database_unreachable') return known.session;
      throw error;
    }
  }

  async end(token: string): Promise<void> {
    this.remembered.delete(idOf(token));
    await this.database.query('DELETE FROM rostro.logins WHERE id = $1', [idOf(token)]);
  }

  private remember(id: string, session: Session, isUsed: boolean): Session {
    this.remembered.delete(id);
    const [oldest] = this.remembered.keys();
    if (this.remembered.size >= MAX_REMEMBERED) this.remembered.delete(oldest);
    this.remembered.set(id, { session, at: Date.now(), isUsed });
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
