import type { Database } from '../gallery/postgres/database.js';
import { type KeyWish, makeKey, type Scope, type StoredKey } from './key.js';
import { type KeyStore, noSuchKey } from './keys.js';

interface KeyRow extends Record<string, unknown> {
  readonly id: string;
  readonly name: string;
  readonly scope: Scope;
  readonly people_group: string | null;
  readonly sha256: string;
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly revoked_at: string | null;
}

/** A key that was revoked elsewhere is good for so long here; less often than with every request it is looked up. */
const LOOK_EVERY_MS = 1000;
/** A database that does not answer keeps nobody from being recognised with a key that is known. */
const LOOK_MS = 500;

/** The keys of all servers that share a database. */
export class KeyTable implements KeyStore {
  private known: { readonly stamp: string | null; readonly at: number } | null = null;
  private looking: Promise<string | null> | null = null;

  constructor(private readonly database: Database) {}

  async read(): Promise<readonly StoredKey[] | null> {
    const rows = await this.database.query<KeyRow>('SELECT * FROM rostro.access_keys ORDER BY created_at, id');
    return rows.length === 0 ? null : rows.map(keyOf);
  }

  /** @throws RostroError `database_unreachable` the first time only; later the last one is taken for the present one */
  async stamp(): Promise<string | null> {
    if (this.known === null) return this.look();
    if (Date.now() - this.known.at < LOOK_EVERY_MS) return this.known.stamp;
    const last = this.known.stamp;
    this.known = { stamp: last, at: Date.now() };
    this.looking ??= this.look().finally(() => (this.looking = null));
    const late = new Promise<string | null>((resolve) => {
      setTimeout(resolve, LOOK_MS, last).unref();
    });
    return Promise.race([this.looking.catch(() => last), late]);
  }

  async create(wish: KeyWish): Promise<{ key: string; stored: StoredKey }> {
    const made = makeKey(wish);
    const { id, name, scope, group, sha256, createdAt, expiresAt } = made.stored;
    await this.database.query(
      `INSERT INTO rostro.access_keys (id, name, scope, people_group, sha256, created_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [id, name, scope, group, sha256, createdAt, expiresAt],
    );
    return made;
  }

  async revoke(id: string, now = new Date()): Promise<StoredKey> {
    const rows = await this.database.query<KeyRow>(
      `UPDATE rostro.access_keys SET revoked_at = coalesce(revoked_at, $2), change = nextval('rostro.key_changes')
       WHERE id = $1 RETURNING *`,
      [id, now.toISOString()],
    );
    if (rows.length === 0) throw noSuchKey(id);
    return keyOf(rows[0]);
  }

  private async look(): Promise<string | null> {
    const [{ stamp }] = await this.database.query<{ stamp: string | null }>(
      `SELECT max(change) || ' ' || count(*) AS stamp FROM rostro.access_keys`,
    );
    this.known = { stamp, at: Date.now() };
    return stamp;
  }
}

function keyOf({ id, name, scope, people_group, sha256, created_at, expires_at, revoked_at }: KeyRow): StoredKey {
  const dates = { createdAt: created_at, expiresAt: expires_at, revokedAt: revoked_at };
  return { id, name, scope, group: people_group, sha256, ...dates };
}
