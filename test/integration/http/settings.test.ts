import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../../src/app/config.js';
import { LiveSettings } from '../../../src/app/live-settings.js';
import { SettingsFile, SettingsTable } from '../../../src/app/settings-store.js';
import { auditFolder, auditTrail } from '../../../src/app/state-stores.js';
import type { Database } from '../../../src/gallery/postgres/database.js';
import { openDatabase } from '../../../src/gallery/postgres/migrate.js';
import * as schemas from '../../../src/http/schemas.js';
import { createKey } from '../../helpers/access.js';
import { entriesIn } from '../../helpers/audit-log.js';
import { cutPhotos, type Photos } from '../../helpers/browser/photos.js';
import { startPglite, type TestPglite } from '../../helpers/pglite.js';
import { startServer, type TestServer } from '../../helpers/server.js';

const NETWORKS = { DETECTOR: 'ssd', EMBEDDER: 'face-api', WORKERS: '1' } as const;

describe('GET and PATCH /settings', () => {
  let photos: Photos;
  let dataDir: string;
  let server: TestServer;
  const start = async (settings: Parameters<typeof startServer>[0] = {}) => {
    server = await startServer({ ...NETWORKS, ROSTRO_DATA: dataDir, ...settings });
  };
  beforeAll(async () => {
    photos = await cutPhotos();
    dataDir = await mkdtemp(join(tmpdir(), 'rostro-settings-'));
    await start();
    await server.core.enrolment.enrol({ bytes: photos.samePerson, fileName: undefined, name: 'Ada' });
  }, 120_000);
  afterAll(async () => {
    await server.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  const headers = { 'content-type': 'application/json' };
  const patch = (changes: unknown, query = '') =>
    fetch(`${server.url}/settings${query}`, { method: 'PATCH', headers, body: JSON.stringify(changes) });
  const change = async (changes: unknown, query = '') =>
    schemas.changedSettings.parse(await (await patch(changes, query)).json());
  const failure = async (reply: Promise<Response>) => {
    const refused = await reply;
    return [refused.status, schemas.failure.parse(await refused.json()).error.code];
  };
  const list = async () => schemas.settings.parse(await (await fetch(`${server.url}/settings`)).json()).settings;
  const setting = async (wanted: string) => (await list()).find(({ name }) => name === wanted);
  const sightings = () => server.core.history.store.list({}, { limit: 10 });
  async function see(session: string): Promise<void> {
    for (let i = 0; i < 4; i++) {
      const body = new Uint8Array(photos.portrait);
      const reply = await fetch(`${server.url}/recognize?session=${session}`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'image/jpeg' },
      });
      expect(reply.status).toBe(200);
    }
    await server.core.history.idle();
  }

  it('switches the history on and off at once, for open sessions too', async () => {
    await see('in-front-of-the-door');
    expect(await sightings()).toEqual([]);
    expect((await change({ HISTORY_DAYS: 7 })).erases).toEqual({ examples: 0, people: 0, sightings: 0 });
    const seen = async () => {
      await see('in-front-of-the-door');
      return (await sightings()).map(({ person, hasCrop }) => [person, hasCrop]);
    };
    await expect.poll(seen, { timeout: 90_000 }).toEqual([['Ada', true]]);
    const status = schemas.status.parse(await (await fetch(`${server.url}/status`)).json());
    expect([status.history.days, status.history.sightings]).toEqual([7, 1]);
    expect((await change({ HISTORY_DAYS: 0 }, '?preview=true')).erases.sightings).toBe(1);
    expect(await sightings()).toHaveLength(1);
    expect((await change({ HISTORY_DAYS: 0 })).erases.sightings).toBe(1);
    expect(await sightings()).toEqual([]);
    await see('after-it-was-off');
    expect(await sightings()).toEqual([]);
  });

  it('keeps changes for the next start, where the environment wins', async () => {
    await change({ HISTORY_DAYS: 7, RETENTION_DAYS: 365 });
    await server.close();
    await start({ RETENTION_DAYS: '90' });
    expect(await setting('HISTORY_DAYS')).toMatchObject({ value: 7, source: 'stored' });
    expect(await setting('RETENTION_DAYS')).toMatchObject({ value: 90, source: 'set' });
    expect(server.core.history.days).toBe(7);
    expect(await failure(patch({ RETENTION_DAYS: 1 }))).toEqual([409, 'setting_fixed']);
    await server.close();
    await start();
    expect(await setting('RETENTION_DAYS')).toMatchObject({ value: 365, source: 'stored' });
  });

  it('counts what retention would erase, and erases it', async () => {
    const tiny = 1e-9;
    expect((await change({ RETENTION_DAYS: tiny }, '?preview=true')).erases).toMatchObject({ examples: 1, people: 1 });
    expect(server.core.people.count).toBe(1);
    await change({ RETENTION_DAYS: tiny });
    await expect.poll(() => server.core.people.count).toBe(0);
    await change({ RETENTION_DAYS: null });
  });

  it('refuses what cannot be, and has every change in the audit log', async () => {
    expect(await failure(patch({ LIVENESS: 'require' }))).toEqual([501, 'liveness_unavailable']);
    expect(await failure(patch({ LIVENESS: 'perhaps' }))).toEqual([400, 'bad_request']);
    expect(await failure(patch({ DATABASE_URL: 'postgres://a:b@c/d' }))).toEqual([400, 'bad_request']);
    expect(await failure(patch({}))).toEqual([400, 'bad_request']);
    expect(await failure(patch({ HISTORY_DAYS: true }))).toEqual([400, 'bad_request']);
    const entries = entriesIn(auditFolder(join(dataDir, '.state')));
    const facts = entries
      .filter((entry) => entry.action === 'configure' && entry.outcome === 'done')
      .map((entry) => entry.facts);
    expect(facts.slice(0, 3)).toEqual([
      { HISTORY_DAYS: 7 },
      { HISTORY_DAYS: 0 },
      { HISTORY_DAYS: 7, RETENTION_DAYS: 365 },
    ]);
  });

  it('is for administrators', async () => {
    const keys = await Promise.all((['enrol', 'admin'] as const).map((scope) => createKey(dataDir, scope)));
    await server.close();
    await start();
    const as = (key: string) => fetch(`${server.url}/settings`, { headers: { 'x-api-key': key } });
    const statuses = await Promise.all(keys.map(async ({ key }) => (await as(key)).status));
    expect(statuses).toEqual([403, 200]);
  });
});

describe('the settings of servers that share a database', () => {
  let folder: string;
  let postgres: TestPglite;
  let database: Database;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rostro-settings-'));
    postgres = await startPglite();
    database = await openDatabase(postgres.url);
  }, 60_000);
  afterAll(async () => {
    await database.close();
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it("are those of the database, and those of a server's own file until one is stored there", async () => {
    const file = new SettingsFile(join(folder, 'a'));
    await file.save({ HISTORY_DAYS: '30', RETENTION_DAYS: '90' });
    const trail = auditTrail(folder, false);
    const open = (own: SettingsFile) => LiveSettings.open(readConfig({}), new SettingsTable(database, own), trail);
    const [a, b] = [await open(file), await open(new SettingsFile(join(folder, 'b')))];
    expect([a.values.HISTORY_DAYS, b.values.HISTORY_DAYS]).toEqual([30, 0]);
    const applied: number[] = [];
    b.watch({
      HISTORY_DAYS: { apply: (days) => Promise.resolve(void applied.push(days)) },
      RETENTION_DAYS: {},
      STRANGER_DAYS: {},
      LIVENESS: {},
    });
    await a.change({ HISTORY_DAYS: 7 });
    await a.change({ HISTORY_DAYS: 8, LIVENESS: 'off' });
    await expect.poll(() => applied.at(-1), { timeout: 10_000 }).toBe(8);
    expect([b.values.LIVENESS, b.values.RETENTION_DAYS]).toEqual(['off', undefined]);
    await a.change({ HISTORY_DAYS: null });
    expect([a.values.HISTORY_DAYS, (await open(file)).values.HISTORY_DAYS]).toEqual([0, 0]);
    b.close();
  });
});
