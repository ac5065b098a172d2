import { mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { RostroError } from '../shared/errors.js';
import { writeState } from '../matching/classifiers/state-file.js';
import { nodeDisk, systemCode } from '../gallery/files/disk.js';
import { plainVault } from '../gallery/sealing/vault.js';
import { type KeyWish, makeKey, SCOPES, type StoredKey } from './key.js';
import { type KeyStore, noSuchKey } from './keys.js';

const when = z.iso.datetime();
const schema = z.strictObject({
  version: z.literal(1),
  keys: z.array(
    z.strictObject({
      id: z.string().regex(/^[0-9a-f]{8}$/),
      name: z.string(),
      scope: z.enum(SCOPES),
      // Keys that were made before there were groups have none.
      group: z.string().nullable().default(null),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      createdAt: when,
      expiresAt: when.nullable(),
      revokedAt: when.nullable(),
    }),
  ),
});

const LOCK_TRIES = 50;
const LOCK_PAUSE_MS = 100;
const LOCK_STALE_MS = 10_000;

/** `.state/keys.json`: the keys that were made, revoked ones too. Only its owner may read it. */
export class KeyFile implements KeyStore {
  private readonly path: string;

  constructor(stateDir: string) {
    this.path = join(stateDir, 'keys.json');
  }

  /** A file that cannot be read is an error, never a server without keys. */
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

  async create(wish: KeyWish): Promise<{ key: string; stored: StoredKey }> {
    const made = makeKey(wish);
    await this.change((keys) => [...keys, made.stored]);
    return made;
  }

  async revoke(id: string, now = new Date()): Promise<StoredKey> {
    let revoked: StoredKey | undefined;
    await this.change((keys) =>
      keys.map((key) => {
        if (key.id !== id) return key;
        revoked = { ...key, revokedAt: key.revokedAt ?? now.toISOString() };
        return revoked;
      }),
    );
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

  /** Two commands at once must not undo each other's change. */
  private async lock(): Promise<() => Promise<void>> {
    const path = `${this.path}.lock`;
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    for (let tries = 0; tries < LOCK_TRIES; tries++) {
      try {
        await (await open(path, 'wx', 0o600)).close();
        return () => rm(path, { force: true });
      } catch (cause) {
        if (systemCode(cause) !== 'EEXIST') {
          throw new RostroError('storage_failed', `${path} could not be written: ${systemCode(cause) ?? ''}.`, {
            cause,
          });
        }
      }
      const left = await stat(path).catch(() => null);
      if (left && Date.now() - left.mtimeMs > LOCK_STALE_MS) await rm(path, { force: true });
      else await setTimeout(LOCK_PAUSE_MS);
    }
    throw new RostroError('storage_failed', `Another program is changing ${this.path}; try again.`);
  }
}
