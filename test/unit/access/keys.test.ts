import { beforeEach, describe, expect, it } from 'vitest';
import { Gate } from '../../../src/access/gate.js';
import { type KeyOptions, makeKey, type StoredKey } from '../../../src/access/key.js';
import {
  AccessKeys,
  type KeyStore,
  noSuchKey,
  requireOtherAdmin,
  type RevokeOptions,
} from '../../../src/access/keys.js';
import { MemorySessions } from '../../../src/access/sessions.js';

const HOUR_MS = 60 * 60 * 1000;
const START = Date.parse('2026-11-30T12:00:00Z');

let now: number;
beforeEach(() => {
  now = START;
});

class MemoryKeys implements KeyStore {
  private keys: StoredKey[] = [];
  private changes = 0;

  read() {
    return Promise.resolve(this.keys.length === 0 ? null : [...this.keys]);
  }

  stamp() {
    return Promise.resolve(this.changes === 0 ? null : String(this.changes));
  }

  create(options: KeyOptions) {
    const made = makeKey(options, new Date(now));
    this.keys.push(made.stored);
    this.changes++;
    return Promise.resolve(made);
  }

  async revoke(id: string, { now: at = new Date(now), keepsAdmin = false }: RevokeOptions = {}) {
    if (keepsAdmin) requireOtherAdmin(this.keys, id, at);
    const key = this.keys.find((one) => one.id === id);
    if (!key) throw noSuchKey(id);
    const revoked = { ...key, revokedAt: at.toISOString() };
    this.keys = this.keys.map((one) => (one === key ? revoked : one));
    this.changes++;
    return Promise.resolve(revoked);
  }
}

async function opened() {
  const keys = await AccessKeys.open(
    new MemoryKeys(),
    () => undefined,
    () => now,
  );
  const gate = new Gate(keys, new MemorySessions(() => now), true);
  const create = async (scope: KeyOptions['scope'], expiresAt: number | null = null, group?: string) => {
    const { key, stored } = await keys.create({
      scope,
      group,
      name: scope,
      expiresAt: expiresAt === null ? null : new Date(expiresAt),
    });
    return { key, id: stored.id };
  };
  const may = (key: string) =>
    gate.identify({ key, session: undefined }).then(
      (identity) => identity?.scope,
      (error: unknown) => (error as Error).message,
    );
  return { keys, gate, create, may };
}

describe('the expiry of a key', () => {
  it('ends its requests and its logins to the millisecond, and refuses later logins', async () => {
    const { gate, create, may } = await opened();
    await create('admin');
    const { key } = await create('recognise', START + HOUR_MS);
    const { token } = await gate.logIn(key);
    const loggedIn = async () => (await gate.recheck({ key: undefined, session: token }))?.scope;
    now = START + HOUR_MS - 1;
    expect([await may(key), await loggedIn()]).toEqual(['recognise', 'recognise']);
    now = START + HOUR_MS;
    expect([await may(key), await loggedIn()]).toEqual(['The access key has expired.', undefined]);
    await expect(gate.logIn(key)).rejects.toMatchObject({ code: 'unauthorised' });
  });

  it('is later than now', async () => {
    const { create } = await opened();
    await expect(create('admin', START)).rejects.toMatchObject({ code: 'bad_request' });
    await create('admin', START + 1);
  });
});

describe('revoking', () => {
  it('ends requests and logins at once', async () => {
    const { keys, gate, create, may } = await opened();
    await create('admin');
    const { key, id } = await create('enrol');
    const { token } = await gate.logIn(key);
    await keys.revoke(id);
    expect(await may(key)).toBe('The access key was revoked.');
    expect(await gate.identify({ key: undefined, session: token })).toBeNull();
  });

  it('leaves one valid admin key without a group', async () => {
    const { keys, create } = await opened();
    const first = await create('admin');
    await create('admin', null, 'staff');
    await create('enrol');
    const expiring = await create('admin', START + HOUR_MS);
    now = START + 2 * HOUR_MS;
    await expect(keys.revoke(first.id)).rejects.toMatchObject({ code: 'last_admin_key' });
    await keys.revoke(expiring.id);
    await create('admin');
    await keys.revoke(first.id);
    await expect(keys.revoke('ffffffff')).rejects.toMatchObject({ code: 'key_not_found' });
  });
});

it('lists the last use of each key, of requests, logins and sessions', async () => {
  const { keys, gate, create, may } = await opened();
  const [admin, door] = [await create('admin'), await create('recognise')];
  const uses = async () => (await keys.list()).map(({ lastUsedAt }) => lastUsedAt);
  expect(await uses()).toEqual([null, null]);
  await may(door.key);
  await may(`${door.key.slice(0, -1)}x`);
  now += 1000;
  const { token } = await gate.logIn(admin.key);
  expect(await uses()).toEqual(['2026-11-30T12:00:01.000Z', '2026-11-30T12:00:00.000Z']);
  now += 1000;
  await gate.identify({ key: undefined, session: token });
  expect((await uses())[0]).toBe('2026-11-30T12:00:02.000Z');
});
