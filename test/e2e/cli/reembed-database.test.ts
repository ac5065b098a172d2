import { mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReembedComparison } from '../../../src/cli/report/reembedding.js';
import { hasPostgres, needsPostgres, query, startPostgres, type TestPostgres } from '../../helpers/postgres.js';
import { rostroWith } from '../../helpers/rostro.js';
import { linkSharedCache, startServer, type TestServer } from '../../helpers/server.js';
import { hasShared, needsShared, sharedPath } from '../../helpers/shared.js';

const needed = needsShared || needsPostgres;

/** The eight people of ../shared in a database, from face-api's embedder to FaceNet, with servers of both at once. */
describe.skipIf(!hasShared || !hasPostgres)(`rostro reembed with DATABASE_URL${needed}`, () => {
  let folder: string;
  let postgres: TestPostgres;
  let url: string;
  let names: string[];
  const servers: TestServer[] = [];
  const settings = (embedder: string) => ({
    DETECTOR: 'mtcnn',
    EMBEDDER: embedder,
    ROSTRO_DATA: folder,
    DATABASE_URL: url,
  });
  const rostro = (...args: string[]) => rostroWith({ ...settings('face-api'), WORKERS: '2' }, folder, ...args);
  const start = async (embedder: string) => {
    const server = await startServer(settings(embedder));
    servers.push(server);
    return server;
  };
  const photosOf = async (person: string) => {
    const files = (await readdir(sharedPath('images', 'people', person))).sort();
    return files.map((file) => sharedPath('images', 'people', person, file));
  };
  const post = async (server: TestServer, path: string, photo: string, name?: string) => {
    const form = new FormData();
    form.append('file', new Blob([await readFile(photo)]), 'photo.png');
    if (name !== undefined) form.append('name', name);
    const reply = await fetch(server.url + path, { method: 'POST', body: form });
    expect(reply.ok).toBe(true);
    return (await reply.json()) as { faces: { name: string | null }[] };
  };
  const nameOf = async (server: TestServer, photo: string) => (await post(server, '/recognize', photo)).faces[0].name;
  const counted = async () => {
    const rows = await query(
      url,
      'SELECT count(*)::int AS count FROM rostro.vectors GROUP BY contract ORDER BY contract',
    );
    return rows.map(({ count }) => count);
  };

  let former: TestServer;
  let later: TestServer;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rostro-reembed-'));
    for (const models of ['npy', 'model']) await symlink(sharedPath('models', models), join(folder, models));
    await linkSharedCache(folder);
    names = (await readdir(sharedPath('images', 'people'))).sort();
    postgres = await startPostgres();
    url = await postgres.newDatabase();
    former = await start('face-api');
    for (const name of names) await post(former, '/upload', (await photosOf(name))[0], name);
  }, 240_000);
  afterAll(async () => {
    for (const server of servers) await server.close();
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('keeps a server of the other embedder from starting, and says what makes its embeddings', async () => {
    const command = '"rostro reembed --to facenet-20180402-114759"';
    await expect(startServer(settings('facenet-2018'))).rejects.toMatchObject({
      code: 'gallery_contract_mismatch',
      message: expect.stringContaining(command) as string,
    });
    const { code, err } = await rostro('reembed', '--to', 'facenet-2018', '--switch');
    expect([code, err]).toEqual([1, expect.stringContaining(command)]);
    expect(await rostro('reembed')).toMatchObject({ code: 1, err: expect.stringContaining('already') as string });
  }, 120_000);

  it('prepares beside the server, which goes on naming, and compares', async () => {
    const preparing = rostro('reembed', '--to', 'facenet-2018', '--json');
    expect(await nameOf(former, (await photosOf(names[0]))[1])).toBe(names[0]);
    const { code, out, err } = await preparing;
    expect([code, code === 0 ? '' : err]).toEqual([0, '']);
    const comparison = JSON.parse(out) as ReembedComparison;
    expect(comparison).toMatchObject({
      embedder: 'facenet-20180402-114759',
      people: 8,
      examples: 8,
      embedded: 8,
      unable: [],
      threshold: 1.1,
    });
    expect(await counted()).toEqual([8, 8]);
    const again = await rostro('reembed', '--to', 'facenet-20180402-114759');
    expect(again.out).toContain('8 people, 8 embeddings beside the gallery, 0 of them made now');
    expect(again.out).toContain(
      'Next: restart the servers with EMBEDDER=facenet-20180402-114759, one after the other.',
    );
    const switched = await rostro('reembed', '--to', 'facenet-2018', '--switch');
    expect(switched.out).toContain('restart the servers with EMBEDDER=facenet-2018, one after the other');
  }, 240_000);

  it('lets servers of both run, and catches up with whom those of the former one enrol', async () => {
    later = await start('facenet-2018');
    let right = 0;
    for (const name of names) {
      const named = await nameOf(later, (await photosOf(name))[1]);
      expect([name, null]).toContain(named);
      if (named === name) right += 1;
    }
    expect(right).toBeGreaterThanOrEqual(7);
    await fetch(`${former.url}/people/${names[7]}`, { method: 'DELETE' });
    const photo = (await photosOf(names[7]))[2];
    await post(former, '/upload', photo, 'Late');
    expect(await counted()).toEqual([8, 7]);
    const refused = await rostro('reembed', '--to', 'facenet-2018', '--switch');
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('1 of 8 examples') as string });
    const { out } = await rostro('reembed', '--to', 'facenet-2018');
    expect(out).toContain('1 of them made now');
    await expect.poll(() => nameOf(later, photo)).toBe('Late');
  }, 240_000);

  it('says how to go back, and forgets what no server uses', async () => {
    const { out } = await rostro('reembed', '--back');
    expect(out).toContain('restart the servers with the former EMBEDDER');
    expect(out).toMatch(/ face-api-\S+: of 8 examples\n/);
    const forget = () => rostro('reembed', '--forget', '--embedder', 'facenet-2018');
    expect(await forget()).toMatchObject({ code: 1, out: expect.stringContaining('A server uses') as string });
    expect(await counted()).toEqual([8, 8]);
    await former.close();
    const forgotten = await forget();
    expect([forgotten.code, forgotten.out]).toEqual([
      0,
      expect.stringMatching(/^8 embeddings of face-api-\S+ are deleted\./),
    ]);
    expect(await counted()).toEqual([8]);
    expect(await nameOf(later, (await photosOf(names[0]))[0])).toBe(names[0]);
  }, 240_000);
});
