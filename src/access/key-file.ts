import { open, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { RostroError } from '../shared/errors.js';
import { writeState } from '../gallery/sealing/state-file.js';
import { nodeDisk } from '../gallery/files/disk.js';
import { plainVault } from '../gallery/sealing/vault.js';
import { type KeyOptions, makeKey, SCOPES, type StoredKey } from './key.js';
import { type KeyStore, noSuchKey, requireOtherAdmin, type RevokeOptions } from './keys.js';
import { makePrivateFolder, PRIVATE_FILE, systemCode } from '../shared/files.js';

const timestamp = z.iso.datetime();
const schema = z.strictObject({
  version: z.literal(1),
  keys: z.array(
    z.strictObject({
      id: z.string().regex(/^[0-9a-f]{8}$/),
      name: z.string(),
      scope: z.enum(SCOPES),
      // Keys of older versions have no group.
      group: z.string().nullable().default(null),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      createdAt: timestamp,
      expiresAt: timestamp.nullable(),
      revokedAt: timestamp.nullable(),
    }),
  ),
});

const LOCK_TRIES = 50;
const LOCK_PAUSE_MS = 100;
const LOCK_STALE_MS = 10_000;

/** `.state/keys.json`: all keys, revoked ones too. Only the owner of the file can read it. */
export class KeyFile implements KeyStore {
  private readonly path: string;

  constructor(stateDir: string) {
    this.path = join(stateDir, 'keys.json');
  }

  /** An unreadable file is an error: otherwise the server would run without keys. */
  async read(): Promise<readonly StoredKey[] | null> {
    try {
      return schema.parse(JSON.parse(await readFile(this.path, 'utf8'))).keys;
    } catch (cause) {
      if (systemCode(cause) === 'ENOENT') return null;
      const reason = systemCode(cause) ?? 'it is damaged';
      throw new RostroError('bad_config', `The access keys in ${this.path} cannot be read: ${reason}.`, { cause });
    }
  }

  async stamp(): Promise<string | null> {
    const found = await stat(this.path, { bigint: true }).catch(() => null);
    return found && `${found.ino} ${found.mtimeNs} ${found.size}`;
  }

  async create(options: KeyOptions): Promise<{ key: string; stored: StoredKey }> {
    const made = makeKey(options);
    await this.change((keys) => [...keys, made.stored]);
    return made;
  }

  async revoke(id: string, { now = new Date(), keepsAdmin = false }: RevokeOptions = {}): Promise<StoredKey> {
    let revoked: StoredKey | undefined;
    await this.change((keys) => {
      if (keepsAdmin) requireOtherAdmin(keys, id, now);
      return keys.map((key) => {
        if (key.id !== id) return key;
        revoked = { ...key, revokedAt: key.revokedAt ?? now.toISOString() };
        return revoked;
      });
    });
    if (revoked) return revoked;
    throw noSuchKey(id);
  }

  private async change(edit: (keys: readonly StoredKey[]) => StoredKey[]): Promise<void> {
    const release = await this.lock();
    try {
      await writeState(this.path, schema, { version: 1, keys: edit((await this.read()) ?? []) }, plainVault);
      await nodeDisk.syncFolder(dirname(this.path));
    } finally {
      await release();
    }
  }

  /** Keeps two commands from overwriting each other's change. */
  private async lock(): Promise<() => Promise<void>> {
    const path = `${this.path}.lock`;
    await makePrivateFolder(dirname(path));
    for (let tries = 0; tries < LOCK_TRIES; tries++) {
      try {
        await (await open(path, 'wx', PRIVATE_FILE)).close();
        return () => rm(path, { force: true });
      } catch (cause) {
        if (systemCode(cause) !== 'EEXIST') {
          throw new RostroError('storage_failed', `${path} could not be written: ${systemCode(cause) ?? ''}.`, {
            cause,
          });
        }
      }
      const found = await stat(path).catch(() => null);
      if (found && Date.now() - found.mtimeMs > LOCK_STALE_MS) await rm(path, { force: true });
      else await setTimeout(LOCK_PAUSE_MS);
    }
    throw new RostroError('storage_failed', `Another program is changing ${this.path}; try again.`);
  }
}
