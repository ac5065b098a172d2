import type { Database } from '../gallery/postgres/database.js';
import { type KeyOptions, makeKey, type Scope, type StoredKey } from './key.js';
import { type KeyStore, noSuchKey, requireOtherAdmin, type RevokeOptions } from './keys.js';

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

/** Keys are checked for changes at most this often; a key revoked at another server works here for as long. */
const CHECK_EVERY_MS = 1000;
/** After this time the keys that are known are used, so that recognition continues without the database. */
const CHECK_TIMEOUT_MS = 500;

/** The keys of all servers on one database. */
export class KeyTable implements KeyStore {
  private lastCheck: { readonly stamp: string | null; readonly at: number } | null = null;
  private pendingCheck: Promise<string | null> | null = null;

  constructor(private readonly database: Database) {}

  async read(): Promise<readonly StoredKey[] | null> {
    const rows = await this.database.query<KeyRow>('SELECT * FROM rostro.access_keys ORDER BY created_at, id');
    return rows.length === 0 ? null : rows.map(keyOf);
  }

  /** @throws RostroError `database_unreachable` the first time only; later the last known stamp is returned */
  async stamp(): Promise<string | null> {
    if (this.lastCheck === null) return this.checkDatabase();
    if (Date.now() - this.lastCheck.at < CHECK_EVERY_MS) return this.lastCheck.stamp;
    const last = this.lastCheck.stamp;
    this.lastCheck = { stamp: last, at: Date.now() };
    this.pendingCheck ??= this.checkDatabase().finally(() => (this.pendingCheck = null));
    const timeout = new Promise<string | null>((resolve) => {
      setTimeout(resolve, CHECK_TIMEOUT_MS, last).unref();
    });
    return Promise.race([this.pendingCheck.catch(() => last), timeout]);
  }

  async create(options: KeyOptions): Promise<{ key: string; stored: StoredKey }> {
    const made = makeKey(options);
    const { id, name, scope, group, sha256, createdAt, expiresAt } = made.stored;
    await this.database.query(
      `INSERT INTO rostro.access_keys (id, name, scope, people_group, sha256, created_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [id, name, scope, group, sha256, createdAt, expiresAt],
    );
    await this.noteOwnChange();
    return made;
  }

  async revoke(id: string, { now = new Date(), keepsAdmin = false }: RevokeOptions = {}): Promise<StoredKey> {
    const rows = await this.database.transaction(async (session) => {
      if (keepsAdmin) {
        // Two servers could each revoke the last key but one.
        await session.query('LOCK TABLE rostro.access_keys IN SHARE ROW EXCLUSIVE MODE');
        const all = await session.query<KeyRow>('SELECT * FROM rostro.access_keys');
        requireOtherAdmin(all.map(keyOf), id, now);
      }
      return session.query<KeyRow>(
        `UPDATE rostro.access_keys SET revoked_at = coalesce(revoked_at, $2), change = nextval('rostro.key_changes')
         WHERE id = $1 RETURNING *`,
        [id, now.toISOString()],
      );
    });
    if (rows.length === 0) throw noSuchKey(id);
    await this.noteOwnChange();
    return keyOf(rows[0]);
  }

  /** A change that this server made applies here at once. */
  private async noteOwnChange(): Promise<void> {
    await this.checkDatabase().catch(() => undefined);
  }

  private async checkDatabase(): Promise<string | null> {
    const [{ stamp }] = await this.database.query<{ stamp: string | null }>(
      `SELECT max(change) || ' ' || count(*) AS stamp FROM rostro.access_keys`,
    );
    this.lastCheck = { stamp, at: Date.now() };
    return stamp;
  }
}

function keyOf({ id, name, scope, people_group, sha256, created_at, expires_at, revoked_at }: KeyRow): StoredKey {
  const dates = { createdAt: created_at, expiresAt: expires_at, revokedAt: revoked_at };
  return { id, name, scope, group: people_group, sha256, ...dates };
}
