import { mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReembedComparison } from '../../../src/cli/report/reembedding.js';
import { readFloatMatrix } from '../../../src/shared/npy.js';
import { rostroWith } from '../../helpers/rostro.js';
import { linkSharedCache, startServer, type TestServer } from '../../helpers/server.js';
import { hasShared, needsShared, sharedPath } from '../../helpers/shared.js';

/** The eight people of ../shared, from face-api's embedder to FaceNet and back, with the server and the commands as they are. */
describe.skipIf(!hasShared)(`rostro reembed --to${needsShared}`, () => {
  let folder: string;
  let server: TestServer;
  const rostro = (...args: string[]) =>
    rostroWith({ DETECTOR: 'mtcnn', EMBEDDER: 'face-api', ROSTRO_DATA: folder, WORKERS: '2' }, folder, ...args);
  const start = async (embedder: string) => {
    server = await startServer({ DETECTOR: 'mtcnn', EMBEDDER: embedder, ROSTRO_DATA: folder });
  };
  const photosOf = async (person: string) => {
    const files = (await readdir(sharedPath('images', 'people', person))).sort();
    return files.map((file) => sharedPath('images', 'people', person, file));
  };
  const post = async (path: string, photo: string, name?: string) => {
    const form = new FormData();
    form.append('file', new Blob([await readFile(photo)]), 'photo.png');
    if (name !== undefined) form.append('name', name);
    const reply = await fetch(server.url + path, { method: 'POST', body: form });
    expect(reply.ok).toBe(true);
    return (await reply.json()) as { faces: { name: string | null }[] };
  };
  const columnsOf = async (name: string) =>
    readFloatMatrix(await readFile(join(folder, 'embeddings', `${name}.npy`))).columns;
  /** Of the photos that were not enrolled: how many get the right name, and how many a wrong one. */
  const recognised = async (names: readonly string[]) => {
    const counts = { right: 0, wrong: 0 };
    for (const name of names) {
      for (const photo of (await photosOf(name)).slice(1)) {
        const { faces } = await post('/recognize', photo);
        counts.right += faces.filter((face) => face.name === name).length;
        counts.wrong += faces.filter((face) => face.name !== null && face.name !== name).length;
      }
    }
    return counts;
  };

  let names: string[];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rostro-reembed-'));
    for (const models of ['npy', 'model']) await symlink(sharedPath('models', models), join(folder, models));
    await linkSharedCache(folder);
    names = (await readdir(sharedPath('images', 'people'))).sort();
    await start('face-api');
    for (const name of names) await post('/upload', (await photosOf(name))[0], name);
  }, 240_000);
  afterAll(async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('prepares beside the server, which goes on naming, and compares', async () => {
    const preparing = rostro('reembed', '--to', 'facenet-2018', '--json');
    const { faces } = await post('/recognize', (await photosOf(names[0]))[1]);
    expect(faces).toMatchObject([{ name: names[0] }]);
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
    for (const { distance } of comparison.collisions) expect(distance).toBeLessThanOrEqual(1.1);
    const again = await rostro('reembed', '--to', 'facenet-2018');
    expect(again.out).toContain('8 people, 8 embeddings beside the gallery, 0 of them made now');
    expect(await columnsOf(names[0])).toBe(128);
  }, 120_000);

  it('does not switch while the server runs, and loses nobody who came or went meanwhile', async () => {
    await post('/upload', (await photosOf(names[0]))[1], 'Late');
    await fetch(`${server.url}/people/${names[7]}`, { method: 'DELETE' });
    const refused = await rostro('reembed', '--to', 'facenet-2018', '--switch');
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('gallery_locked') as string });
    await server.close();
    const { code, out, err } = await rostro('reembed', '--to', 'facenet-2018', '--switch');
    expect([code, code === 0 ? '' : err]).toEqual([0, '']);
    expect(out).toContain('The gallery has the embeddings of facenet-20180402-114759 now.');
    expect(await columnsOf('Late')).toBe(512);
    await start('facenet-2018');
    expect((await fetch(`${server.url}/people/${names[7]}`)).status).toBe(404);
    await fetch(`${server.url}/people/Late`, { method: 'DELETE' });
    const seven = names.slice(0, 7);
    const counts = await recognised(seven);
    expect(counts.wrong).toBe(0);
    expect(counts.right).toBeGreaterThanOrEqual(27);
  }, 240_000);

  it('goes back, with whoever came since, until the former embeddings are forgotten', async () => {
    await post('/upload', (await photosOf(names[7]))[0], names[7]);
    await server.close();
    const { code, out, err } = await rostro('reembed', '--back');
    expect([code, code === 0 ? '' : err]).toEqual([0, '']);
    expect(out).toContain('The gallery has the embeddings of face-api again.');
    expect(await columnsOf(names[7])).toBe(128);
    await start('face-api');
    const { faces } = await post('/recognize', (await photosOf(names[7]))[0]);
    expect(faces).toMatchObject([{ name: names[7] }]);
    expect((await rostro('reembed', '--forget')).out).toBe('8 embeddings beside the gallery are deleted.\n');
    expect(await rostro('reembed', '--back')).toMatchObject({
      code: 1,
      err: expect.stringContaining('There is no way back') as string,
    });
  }, 240_000);

  it('refuses what makes no sense', async () => {
    for (const [args, message] of [
      [['--to', 'facenet-2017'], 'EMBEDDER=facenet-2017 needs model/'],
      [['--to', 'arcface'], 'EMBEDDER=arcface is not known: there is no '],
      [['--to', 'face-api'], 'has the embeddings of face-api already'],
      [['--switch'], 'Give one of --to'],
      [['--back', '--forget'], 'Give one of --to'],
    ] as const) {
      const { code, err } = await rostro('reembed', ...args);
      expect([args, code, err]).toEqual([args, 1, expect.stringContaining(message)]);
    }
  }, 120_000);
});
