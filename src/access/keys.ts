import { RostroError } from '../shared/errors.js';
import { isThisKey, keyIdOf, type KeyOptions, makeKey, type StoredKey } from './key.js';

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
  /** @throws RostroError `bad_config` for an unknown id; `storage_failed`, `database_unreachable` */
  revoke(id: string, now?: Date): Promise<StoredKey>;
}

export function noSuchKey(id: string): RostroError {
  return new RostroError('bad_config', `There is no access key ${id}; "rostro keys list" shows those that there are.`);
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

  private constructor(
    private readonly store: KeyStore,
    private readonly log: (line: string) => void,
  ) {}

  /** @throws RostroError `bad_config`, `database_unreachable` when they cannot be read */
  static async open(store: KeyStore, log: (line: string) => void): Promise<AccessKeys> {
    const keys = new AccessKeys(store, log);
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

  check(text: string, now = Date.now()): KeyCheck {
    const key = this.keys.get(keyIdOf(text) ?? '');
    const right = isThisKey(text, key ?? UNKNOWN_KEY);
    return key && right ? checkValidity(key, now) : { fault: 'unknown' };
  }

  /** @returns the key of a session; null if it was revoked or has expired */
  usable(id: string, now = Date.now()): StoredKey | null {
    const key = this.keys.get(id);
    const check = key && checkValidity(key, now);
    return check && 'key' in check ? check.key : null;
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
