import { RostroError } from '../shared/errors.js';
import type { KeyWish, StoredKey } from './key.js';

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
