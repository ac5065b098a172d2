import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BackOff } from '../../src/access/back-off.js';
import { Gate } from '../../src/access/gate.js';
import { KeyFile } from '../../src/access/key-file.js';
import { AccessKeys } from '../../src/access/keys.js';
import type { Scope } from '../../src/access/key.js';
import { MemorySessions } from '../../src/access/sessions.js';
import type { AccessPolicy } from '../../src/http/app.js';
import { rateLimits } from '../../src/http/guard.js';

/** A folder for keys and the path of the key file. */
export async function keyFolder(): Promise<{ stateDir: string; file: KeyFile; remove: () => Promise<void> }> {
  const stateDir = await mkdtemp(join(tmpdir(), 'rostro-keys-'));
  return { stateDir, file: new KeyFile(stateDir), remove: () => rm(stateDir, { recursive: true, force: true }) };
}

/** A key as `rostro keys create` makes it in a server's data folder. */
export async function createKey(dataDir: string, scope: Scope, expiresAt: Date | null = null, group?: string) {
  const { key, stored } = await new KeyFile(join(dataDir, '.state')).create({
    scope,
    name: `the ${scope} key`,
    group,
    expiresAt,
  });
  return { key, id: stored.id };
}

/** The access options of a server that is open on localhost. */
export async function policyOf(file: KeyFile): Promise<AccessPolicy> {
  const keys = await AccessKeys.open(file, () => undefined);
  return {
    gate: new Gate(keys, new MemorySessions(), true),
    ownHostOnly: true,
    corsOrigins: [],
    trustProxy: 0,
    basePath: '',
    frameAncestors: [],
    hstsDays: 0,
    limits: rateLimits({ all: 0, changes: 0 }),
    wrongKeys: new BackOff(),
  };
}
