import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Rostro } from '../../../src/client/index.js';
import { createKey } from '../../helpers/access.js';
import { cutPhotos, type Photos } from '../../helpers/browser/photos.js';
import { startServer, type TestServer } from '../../helpers/server.js';

/** At this threshold everybody gets the name of the nearest person. */
const THRESHOLD = '1.2';
const SESSION = 'a-camera-of-this-test';

describe.each([
  { kind: 'plain', encrypted: false },
  { kind: 'encrypted', encrypted: true },
])('a wrong name in a $kind gallery', ({ encrypted }) => {
  let folder: string;
  let server: TestServer;
  let rostro: Rostro;
  let photos: Photos;
  const dataDir = () => join(folder, 'data');

  async function start(): Promise<void> {
    const key = join(folder, 'key');
    const sealing = encrypted ? { ENCRYPTION_KEY_FILE: key } : {};
    const networks = { DETECTOR: 'ssd', EMBEDDER: 'face-api' };
    server = await startServer({ ...networks, ...sealing, ROSTRO_DATA: dataDir(), THRESHOLD, WORKERS: '1' });
    rostro = new Rostro({ url: server.url });
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rostro-negatives-'));
    await writeFile(join(folder, 'key'), `${Buffer.alloc(32, 7).toString('base64')}\n`, { mode: 0o600 });
    photos = await cutPhotos();
    await start();
    await rostro.enrol(photos.portrait, { name: 'Ada' });
  });
  afterAll(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });

  const recognised = async (photo: Buffer) => (await rostro.recognize(photo)).faces[0];
  const seen = async (photo: Buffer) => (await rostro.recognize(photo, { session: SESSION })).faces[0].name;
  const uploads = () =>
    readdirSync(join(dataDir(), 'uploads'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== 'README.md')
      .map(({ name }) => name);

  it('is not given again, by the photo nor before a camera, and the right one is', async () => {
    expect([await seen(photos.otherPerson), await seen(photos.otherPerson)]).toContain('Ada');
    expect(await recognised(photos.otherPerson)).toMatchObject({ name: 'Ada' });
    const { negative } = await rostro.people.addNegative('Ada', photos.otherPerson);
    expect(negative.nearest).toBe((await rostro.people.get('Ada')).examples[0].id);
    expect(await seen(photos.otherPerson)).toBeNull();
    const match = await recognised(photos.otherPerson);
    expect(match).toMatchObject({ name: null, nearest: null, distance: null, excluded: ['Ada'] });
    expect((await recognised(photos.samePerson)).name).toBe('Ada');
    const { faces } = await rostro.recognize(photos.group);
    expect(faces.map(({ name }) => name).sort()).toEqual(['Ada', null].sort());
  });

  it('goes to the next person, until that one is corrected too', async () => {
    await rostro.enrol(photos.samePerson, { name: 'Augusta' });
    expect((await recognised(photos.otherPerson)).name).toBe('Augusta');
    await rostro.people.addNegative('Augusta', photos.otherPerson);
    const { name, excluded } = await recognised(photos.otherPerson);
    expect([name, [...excluded!].sort()]).toEqual([null, ['Ada', 'Augusta']]);
    await rostro.people.delete('Augusta');
  });

  it('stays corrected over a restart, and its crop is as private as the others', async () => {
    await server.close();
    await start();
    expect(await recognised(photos.otherPerson)).toMatchObject({ name: null, excluded: ['Ada'] });
    const [{ id, crop }] = (await rostro.people.negatives('Ada')).negatives;
    const bytes = await (await rostro.people.negativeCrop('Ada', id)).bytes();
    expect(crop).toContain(id);
    const stored = readdirSync(join(dataDir(), 'uploads')).find((name) => name !== 'README.md')!;
    const file = readFileSync(join(dataDir(), 'uploads', stored, `not-${id}.jpg`));
    expect(file.equals(Buffer.from(bytes))).toBe(!encrypted);
    const sidecar = readFileSync(join(dataDir(), 'embeddings', `${stored}.json`)).toString();
    expect(sidecar.includes('"negatives"')).toBe(!encrypted);
  });

  it('comes back when the negative is erased, of which the log and the receipt tell', async () => {
    const [{ id }] = (await rostro.people.negatives('Ada')).negatives;
    const { deleted, receipt } = await rostro.people.deleteNegative('Ada', id);
    expect(deleted).toEqual({ name: 'Ada', negative: id });
    expect(receipt).toMatchObject({ person: 'Ada', examples: [], crops: 1, remaining: [] });
    expect((await recognised(photos.otherPerson)).name).toBe('Ada');
    expect(uploads()).toHaveLength(1);
    expect((await rostro.people.get('Ada')).negatives).toBe(0);
  });

  it('leaves nothing when the person is erased', async () => {
    await rostro.people.addNegative('Ada', photos.otherPerson);
    expect(uploads()).toHaveLength(2);
    const { receipt } = await rostro.people.delete('Ada');
    expect(receipt.crops).toBe(2);
    expect(uploads()).toEqual([]);
  });
});

describe('who may correct', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api', WORKERS: '1' });
  });
  afterAll(() => server.close());

  it.each([
    ['recognise', 'forbidden', 'forbidden'],
    ['enrol', 'person_not_found', 'forbidden'],
    ['admin', 'person_not_found', 'person_not_found'],
  ] as const)('with a key of %s', async (scope, adds, erases) => {
    const { key } = await createKey(server.dataDir, scope);
    const { people } = new Rostro({ url: server.url, key });
    const { portrait } = await cutPhotos();
    await expect(people.addNegative('Nobody', portrait)).rejects.toMatchObject({ code: adds });
    await expect(people.deleteNegative('Nobody', 'x')).rejects.toMatchObject({ code: erases });
  });
});
