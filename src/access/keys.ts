import { RostroError } from '../shared/errors.js';
import { isThisKey, keyIdOf, type KeyOptions, makeKey, type Scope, type StoredKey } from './key.js';

/** Stores all keys, revoked ones too. */
export interface KeyStore {
  /**
   * @returns null if no key was ever created
   * @throws RostroError `bad_config`, `database_unreachable`; never an empty list in their place
   */
  read(): Promise<readonly StoredKey[] | null>;
  /** @returns a value that differs after every change; null if no key was ever created */
  stamp(): Promise<string | null>;
  /** @returns the key, which is not stored. @throws RostroError `storage_failed`, `bad_config`, `database_unreachable` */
  create(options: KeyOptions): Promise<{ key: string; stored: StoredKey }>;
  /** @throws RostroError `key_not_found`, `last_admin_key`; `storage_failed`, `bad_config`, `database_unreachable` */
  revoke(id: string, options?: RevokeOptions): Promise<StoredKey>;
}

export interface RevokeOptions {
  readonly now?: Date;
  /** Refuses to revoke the last key that can manage keys. */
  readonly keepsAdmin?: boolean;
}

export function noSuchKey(id: string): RostroError {
  return new RostroError('key_not_found', `There is no access key ${id}; "rostro keys list" shows all keys.`);
}

/** Whether a key with these rights can make and revoke keys. */
export function managesKeys({ scope, group }: { readonly scope: Scope; readonly group?: string | null }): boolean {
  return scope === 'admin' && (group ?? null) === null;
}

/** @param keys all keys @param id of the key to revoke @throws RostroError `last_admin_key` */
export function requireOtherAdmin(keys: readonly StoredKey[], id: string, now: Date): void {
  const admins = keys.filter((key) => managesKeys(key) && 'key' in checkValidity(key, now.getTime()));
  if (admins.length !== 1 || admins[0].id !== id) return;
  throw new RostroError(
    'last_admin_key',
    'This is the last valid admin key for all groups: without it nobody could manage keys here. Make another one first.',
  );
}

export type KeyFault = 'unknown' | 'revoked' | 'expired';
export type KeyCheck = { readonly key: StoredKey } | { readonly fault: KeyFault };

/** Compared with when the id is unknown, so that the check takes as long. */
const UNKNOWN_KEY = makeKey({ scope: 'recognise', name: '', expiresAt: null }).stored;

/** The current keys; reads them again after every change in the store. */
export class AccessKeys {
  private keys = new Map<string, StoredKey>();
  private stamp: string | null = null;
  private wasCreated = false;
  /** When each key was last used here, in milliseconds. */
  private readonly uses = new Map<string, number>();

  private constructor(
    private readonly store: KeyStore,
    private readonly log: (line: string) => void,
    private readonly now: () => number,
  ) {}

  /** @throws RostroError `bad_config`, `database_unreachable` when they cannot be read */
  static async open(store: KeyStore, log: (line: string) => void, now = Date.now): Promise<AccessKeys> {
    const keys = new AccessKeys(store, log, now);
    await keys.load(await store.stamp());
    return keys;
  }

  /** Whether a key was ever created. A server whose keys have all expired stays closed. */
  get everCreated(): boolean {
    return this.wasCreated;
  }

  /** Reads changes by `rostro keys`. If they cannot be read, the keys stay as they were. */
  async refresh(): Promise<void> {
    const stamp = await this.store.stamp();
    if (stamp === this.stamp) return;
    try {
      await this.load(stamp);
    } catch (error) {
      const isTemporary = error instanceof RostroError && error.code === 'database_unreachable';
      if (!isTemporary) this.stamp = stamp;
      this.log(`${(error as Error).message} The keys stay as they were.`);
    }
  }

  /** Counts as a use of the key. */
  check(text: string): KeyCheck {
    const key = this.keys.get(keyIdOf(text) ?? '');
    const right = isThisKey(text, key ?? UNKNOWN_KEY);
    return key && right ? this.use(key) : { fault: 'unknown' };
  }

  /** Counts as a use of the key. @returns the key of a session; null if it was revoked or has expired */
  usable(id: string): StoredKey | null {
    const key = this.keys.get(id);
    const check = key && this.use(key);
    return check && 'key' in check ? check.key : null;
  }

  /** All keys, revoked ones too, each with its last use at this server since its start. */
  async list(): Promise<readonly (StoredKey & { readonly lastUsedAt: string | null })[]> {
    await this.refresh();
    return [...this.keys.values()].map((key) => ({ ...key, lastUsedAt: this.lastUseOf(key) }));
  }

  /** The key works at once. @throws RostroError `bad_request` for an expiry in the past; as the store */
  async create(options: KeyOptions): Promise<{ key: string; stored: StoredKey }> {
    if (options.expiresAt !== null && options.expiresAt.getTime() <= this.now()) {
      throw new RostroError('bad_request', 'The key would have expired already: choose a later time.');
    }
    const made = await this.store.create(options);
    await this.refresh();
    return made;
  }

  /** @throws RostroError `key_not_found`, `last_admin_key`; as the store */
  async revoke(id: string): Promise<StoredKey> {
    const revoked = await this.store.revoke(id, { now: new Date(this.now()), keepsAdmin: true });
    await this.refresh();
    return revoked;
  }

  private use(key: StoredKey): KeyCheck {
    const check = checkValidity(key, this.now());
    if ('key' in check) this.uses.set(key.id, this.now());
    return check;
  }

  private lastUseOf({ id }: StoredKey): string | null {
    const at = this.uses.get(id);
    return at === undefined ? null : new Date(at).toISOString();
  }

  private async load(stamp: string | null): Promise<void> {
    const keys = (await this.store.read()) ?? [];
    this.keys = new Map(keys.map((key) => [key.id, key]));
    this.stamp = stamp;
    this.wasCreated ||= keys.length > 0;
  }
}

function checkValidity(key: StoredKey, now: number): KeyCheck {
  if (key.revokedAt !== null) return { fault: 'revoked' };
  if (key.expiresAt !== null && Date.parse(key.expiresAt) <= now) return { fault: 'expired' };
  return { key };
}
