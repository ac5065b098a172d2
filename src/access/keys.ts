import { RostroError } from '../shared/errors.js';
import { isThisKey, keyIdOf, type KeyWish, makeKey, type StoredKey } from './key.js';

/** Where the keys lie that were made, revoked ones too. */
export interface KeyStore {
  /**
   * @returns null where no key was ever made
   * @throws RostroError `bad_config`, `database_unreachable`: never a server without keys
   */
  read(): Promise<readonly StoredKey[] | null>;
  /** @returns something that is another after every change; null where no key was ever made */
  stamp(): Promise<string | null>;
  /** @returns the key, which is kept nowhere. @throws RostroError `storage_failed`, `bad_config`, `database_unreachable` */
  create(wish: KeyWish): Promise<{ key: string; stored: StoredKey }>;
  /** @throws RostroError `bad_config` when there is no such key; `storage_failed`, `database_unreachable` */
  revoke(id: string, now?: Date): Promise<StoredKey>;
}

export function noSuchKey(id: string): RostroError {
  return new RostroError('bad_config', `There is no access key ${id}; "rostro keys list" shows those that there are.`);
}

export type KeyFault = 'unknown' | 'revoked' | 'expired';
export type KeyCheck = { readonly key: StoredKey } | { readonly fault: KeyFault };

/** Compared with where there is no key of that id, so that the answer takes as long. */
const NOBODY = makeKey({ scope: 'recognise', name: '', expiresAt: null }).stored;

/** The keys as they are now, looked up again whenever they have changed. */
export class AccessKeys {
  private keys = new Map<string, StoredKey>();
  private stamp: string | null = null;
  private everExisted = false;

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

  /** Whether a key was ever made: a server whose keys have all expired or gone does not open its doors. */
  get exist(): boolean {
    return this.everExisted;
  }

  /** Takes over what `rostro keys` has changed. What cannot be read leaves the keys as they were. */
  async refresh(): Promise<void> {
    const stamp = await this.store.stamp();
    if (stamp === this.stamp) return;
    try {
      await this.load(stamp);
    } catch (error) {
      const isPassing = error instanceof RostroError && error.code === 'database_unreachable';
      if (!isPassing) this.stamp = stamp;
      this.log(`${(error as Error).message} The keys stay as they were.`);
    }
  }

  check(text: string, now = Date.now()): KeyCheck {
    const key = this.keys.get(keyIdOf(text) ?? '');
    const right = isThisKey(text, key ?? NOBODY);
    return key && right ? judged(key, now) : { fault: 'unknown' };
  }

  /** @returns the key of a session, null when it is not good any more */
  usable(id: string, now = Date.now()): StoredKey | null {
    const key = this.keys.get(id);
    const check = key && judged(key, now);
    return check && 'key' in check ? check.key : null;
  }

  private async load(stamp: string | null): Promise<void> {
    const keys = (await this.store.read()) ?? [];
    this.keys = new Map(keys.map((key) => [key.id, key]));
    this.stamp = stamp;
    this.everExisted ||= keys.length > 0;
  }
}

function judged(key: StoredKey, now: number): KeyCheck {
  if (key.revokedAt !== null) return { fault: 'revoked' };
  if (key.expiresAt !== null && Date.parse(key.expiresAt) <= now) return { fault: 'expired' };
  return { key };
}
