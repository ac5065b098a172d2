import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { auditFolder } from '../../../src/app/state-stores.js';
import { Rostro, type Enrolled } from '../../../src/client/index.js';
import { UNDO_MS } from '../../../src/privacy/erasure.js';
import { createKey } from '../../helpers/access.js';
import { entriesIn } from '../../helpers/audit-log.js';
import { anotherFile, anotherPerson, onePerson } from '../../helpers/portraits.js';
import { startServer, type TestServer } from '../../helpers/server.js';

/** A key of the scope "enrol" erases what it uploaded itself, for 10 minutes. */
let server: TestServer;
const clients = {} as Record<'own' | 'other' | 'admin', Rostro>;
let ownId: string;

beforeAll(async () => {
  server = await startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api' });
  for (const [who, scope] of [
    ['own', 'enrol'],
    ['other', 'enrol'],
    ['admin', 'admin'],
  ] as const) {
    const { key, id } = await createKey(server.dataDir, scope);
    clients[who] = new Rostro({ url: server.url, key, retries: 0 });
    if (who === 'own') ownId = id;
  }
});
afterAll(() => server.close());
afterEach(() => vi.useRealTimers());

const enrol = async (who: keyof typeof clients, name: string, photo: Promise<Buffer> = onePerson()) =>
  clients[who].enrol(await photo, { name, fileName: 'photo.jpg' });
const undo = (who: keyof typeof clients, { name, example }: Enrolled) =>
  clients[who].people.deleteExample(name, example);
const namesOf = async () => (await clients.admin.people.list()).people.map(({ name }) => name);

function later(ms: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms });
}

it('erases the person with the only example, the bytes included, and records who did it', async () => {
  const added = await enrol('own', 'Ada');
  const crop = readFileSync(join(server.dataDir, added.crop));
  const { receipt } = await undo('own', added);
  expect(receipt).toMatchObject({ person: 'Ada', examples: [added.example], crops: 1, remaining: [] });
  expect(await namesOf()).not.toContain('Ada');
  const piece = crop.subarray(crop.length >> 1, (crop.length >> 1) + 12);
  const files = readdirSync(server.dataDir, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  const paths = files.map((one) => join(one.parentPath, one.name));
  expect(paths.filter((path) => path.includes('Ada') || readFileSync(path).includes(piece))).toEqual([]);
  const { action, actor, outcome } = entriesIn(auditFolder(join(server.dataDir, '.state'))).at(-1)!;
  expect({ action, actor, outcome }).toEqual({
    action: 'erase_example',
    actor: { kind: 'key', id: ownId },
    outcome: 'done',
  });
});

it('keeps the person who had an example before', async () => {
  await enrol('admin', 'Grace', anotherPerson());
  await undo('own', await enrol('own', 'Grace'));
  expect((await clients.admin.people.get('Grace')).examples).toHaveLength(1);
});

it('refuses examples of another key, those that were there already, and those of an import', async () => {
  const added = await enrol('own', 'Hedy');
  await expect(undo('other', added)).rejects.toMatchObject({ code: 'forbidden' });
  const again = await enrol('other', 'Hedy');
  expect(again.outcome).toBe('already_there');
  await expect(undo('other', again)).rejects.toMatchObject({ code: 'forbidden' });
  const run = await clients.admin.imports.start([{ path: 'Joan/1.jpg', photo: anotherFile(await onePerson()) }]);
  await run.wait();
  const [{ example }] = await run.report();
  await expect(clients.own.people.deleteExample('Joan', example!)).rejects.toMatchObject({ code: 'forbidden' });
  expect(await namesOf()).toEqual(expect.arrayContaining(['Hedy', 'Joan']));
});

it('ends after 10 minutes, but not for a key of the scope "admin"', async () => {
  const added = await enrol('own', 'Katherine');
  later(UNDO_MS + 1);
  await expect(undo('own', added)).rejects.toMatchObject({
    code: 'forbidden',
    message: expect.stringContaining('up to 10 minutes after') as string,
  });
  await undo('admin', added);
  const second = await enrol('own', 'Katherine');
  later(UNDO_MS - 1000);
  await undo('own', second);
  expect(await namesOf()).not.toContain('Katherine');
});

it('says that there is no such example rather than that it is of another key', async () => {
  await expect(clients.own.people.deleteExample('Grace', 'none')).rejects.toMatchObject({ code: 'example_not_found' });
});
