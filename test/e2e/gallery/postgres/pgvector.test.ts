import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../../../src/app/config.js';
import { RemoteNearestMatcher } from '../../../../src/matching/nearest.js';
import type { Gallery } from '../../../../src/gallery/gallery.js';
import type { EmbedderContract } from '../../../../src/faces/embed/embedder.js';
import { prepareRows } from '../../../../src/gallery/reembed/prepare.js';
import { ExampleColumns } from '../../../../src/gallery/postgres/example-columns.js';
import { VectorIndex } from '../../../../src/gallery/postgres/vector-index.js';
import { DatabaseShadowRows } from '../../../../src/gallery/postgres/shadow-vectors.js';
import { plainVault } from '../../../../src/gallery/sealing/vault.js';
import { startPglite, type TestPglite } from '../../../helpers/pglite.js';
import { query } from '../../../helpers/postgres.js';
import { randomNumbers } from '../../../helpers/mtcnn-weights.js';
import { contract, exampleOf, otherContract, vectorOf, wholePerson } from '../../../helpers/gallery-fixture.js';
import { closeAll, openPg } from '../../../helpers/postgres-fixture.js';

const wide: EmbedderContract = { ...contract, id: 'wide', dimension: 128 };
const THRESHOLD = 1.1;

let pglite: TestPglite;
beforeAll(async () => {
  pglite = await startPglite();
});
afterEach(async () => {
  await closeAll();
  await pglite.empty();
});
afterAll(() => pglite.stop());

const random = randomNumbers(7);
function unit(near?: Float32Array, spread = 0.05): Float32Array {
  const values = Float32Array.from({ length: wide.dimension }, (_, i) => {
    const noise = random() + random() - 1;
    return near ? near[i] + spread * noise : noise;
  });
  const length = Math.hypot(...values);
  return values.map((value) => value / length);
}

const newExample = (embedding: Float32Array) => ({ ...exampleOf(1), embedding });

/** By the definition, in float64: everyone's nearest example, nearest person first. */
function ranked(people: ReadonlyMap<string, readonly Float32Array[]>, face: Float32Array) {
  const distance = (row: Float32Array) => Math.sqrt(row.reduce((sum, value, i) => sum + (value - face[i]) ** 2, 0));
  return [...people]
    .map(([name, rows]) => ({ name, distance: Math.min(...rows.map(distance)) }))
    .sort((a, b) => a.distance - b.distance);
}

describe('a gallery that PostgreSQL searches with pgvector', () => {
  it('names the nearest person and the runner-up, at their exact distances', async () => {
    const { gallery } = await openPg(pglite.url, { running: wide, searches: true });
    const people = new Map<string, Float32Array[]>();
    for (let i = 0; i < 60; i++) {
      const face = unit();
      const rows = Array.from({ length: 1 + (i % 5) }, () => unit(face));
      people.set(`Person ${i}`, rows);
      await gallery.addAll(`Person ${i}`, rows.map(newExample));
    }
    const matcher = new RemoteNearestMatcher(gallery.search!);
    const faces = [...people.values()].slice(0, 20).map(([row]) => unit(row));
    const answers = await matcher.match(
      faces.map((embedding) => ({ embedding })),
      THRESHOLD,
    );
    for (const count of [7, 1000]) {
      const expected = faces.map((face) =>
        ranked(people, face)
          .slice(0, count)
          .map(({ name }) => name),
      );
      const found = await matcher.nearest(faces, count);
      expect(found.map((nearest) => nearest.map(({ name }) => name))).toEqual(expected);
    }
    for (const [i, answer] of answers.entries()) {
      const [first, second] = ranked(people, faces[i]);
      expect(answer).toMatchObject({ name: first.name, nearest: first.name, runnerUp: { name: second.name } });
      expect(answer.distance).toBeCloseTo(first.distance, 12);
      expect(answer.runnerUp!.distance).toBeCloseTo(second.distance, 12);
    }
    const [{ plan }] = await explained(gallery);
    expect(plan).toContain('hnsw');
  });

  it('finds the runner-up behind somebody with hundreds of nearer examples', async () => {
    const { gallery } = await openPg(pglite.url, { running: wide, searches: true });
    const face = unit();
    const many = Array.from({ length: 450 }, () => unit(face, 0.02));
    for (let i = 0; i < many.length; i += 50) await gallery.addAll('Ada', many.slice(i, i + 50).map(newExample));
    const other = unit();
    await gallery.add('Eve', newExample(other));
    const [answer] = await new RemoteNearestMatcher(gallery.search!).match([{ embedding: face }], THRESHOLD);
    const expected = ranked(
      new Map([
        ['Ada', many],
        ['Eve', [other]],
      ]),
      face,
    );
    expect(answer).toMatchObject({ nearest: 'Ada', runnerUp: { name: 'Eve' } });
    expect(answer.distance).toBeCloseTo(expected[0].distance, 12);
    expect(answer.runnerUp!.distance).toBeCloseTo(expected[1].distance, 12);
  });

  it('follows every change at once, leaves out whom it is told to, and answers of an empty gallery', async () => {
    const { gallery } = await openPg(pglite.url, { searches: true });
    const matcher = new RemoteNearestMatcher(gallery.search!);
    const { embedding } = exampleOf(1);
    const nearest = async (without?: string[], among?: string[]) => {
      const question = { embedding, ...(without && { excluded: new Set(without) }) };
      const [answer] = await matcher.match([question], THRESHOLD, among && { names: new Set(among) });
      return answer.nearest;
    };
    expect(await nearest()).toBeNull();
    expect(await matcher.match([], THRESHOLD)).toEqual([]);
    await gallery.add('Ada', exampleOf(1));
    await gallery.add('Eve', exampleOf(1.2));
    await gallery.add('Zoë', exampleOf(3));
    expect([await nearest(), await nearest(['Ada']), await nearest(['Ada', 'Eve'])]).toEqual(['Ada', 'Eve', 'Zoë']);
    expect([await nearest([], ['Zoë']), await nearest(['Eve'], ['Zoë', 'Eve']), await nearest([], [])]).toEqual([
      ...['Zoë', 'Zoë'],
      null,
    ]);
    await gallery.rename('Ada', 'Augusta');
    expect(await nearest()).toBe('Augusta');
    await gallery.merge('Augusta', 'Zoë');
    expect(await nearest()).toBe('Zoë');
    await gallery.removePerson('Zoë');
    expect(await nearest()).toBe('Eve');
    await gallery.put(wholePerson('Eve', { id: null, metadata: {}, groups: [] }, 2));
    expect(await matcher.match([{ embedding: exampleOf(2).embedding }], THRESHOLD)).toMatchObject([
      { name: 'Eve', distance: 0 },
    ]);
    await gallery.removePerson('Eve');
    expect(await nearest()).toBeNull();
  });

  it('leaves out the examples of other groups until they are shared', async () => {
    const { gallery } = await openPg(pglite.url, { searches: true });
    const { details, ...example } = exampleOf(1);
    await gallery.add('Ada', exampleOf(3), { groups: ['day', 'night'] });
    await gallery.add('Ada', { ...example, details: { ...details, groups: ['day'] } });
    const matcher = new RemoteNearestMatcher(gallery.search!);
    const distanceIn = async (group: string) => {
      const [found] = await matcher.nearest([example.embedding], 1, { names: new Set(['Ada']), group });
      return found[0].distance;
    };
    expect([await distanceIn('day'), (await distanceIn('night')) > 0]).toEqual([0, true]);
    await gallery.describe('Ada', { groups: ['day', 'night', 'roof'] });
    expect([await distanceIn('roof'), (await distanceIn('night')) > 0]).toEqual([0, true]);
    const again = await openPg(pglite.url, { searches: true });
    expect(again.gallery.person('Ada').examples.map((one) => one.details?.groups)).toEqual([
      undefined,
      ['day', 'roof'],
    ]);
  });

  it('brings in what was enrolled without the index, at the start and while it runs', async () => {
    const plain = await openPg(pglite.url);
    for (let i = 0; i < 3; i++) await plain.gallery.add(`P${i}`, exampleOf(i));
    const searching = await openPg(pglite.url, { searches: true });
    const matcher = new RemoteNearestMatcher(searching.gallery.search!);
    const nameOf = async (number: number) =>
      (await matcher.match([{ embedding: exampleOf(number).embedding }], 0.01))[0].name;
    expect([await nameOf(0), await nameOf(2)]).toEqual(['P0', 'P2']);
    await plain.gallery.add('Late', exampleOf(5));
    // PGlite calls nothing out to others: they look by themselves every five seconds.
    await expect.poll(() => nameOf(5), { timeout: 20_000 }).toBe('Late');
    expect(plain.gallery.search).toBeNull();
  });

  it('searches the vectors that were made beside those of another embedder', async () => {
    const plain = await openPg(pglite.url);
    for (let i = 0; i < 3; i++) await plain.gallery.add(`P${i}`, exampleOf(i));
    const vectors = new DatabaseShadowRows(plain.database, plainVault, otherContract);
    const embedCrop = (crop: Uint8Array) =>
      Promise.resolve(vectorOf(Number(Buffer.from(crop).toString().slice('crop '.length)), otherContract.dimension));
    await prepareRows({ source: vectors, rows: vectors, embedCrop, concurrency: 2 });
    await new VectorIndex(otherContract, new ExampleColumns(plainVault, otherContract)).prepare(plain.database);
    const tables = await query(
      pglite.url,
      `SELECT tablename FROM pg_tables WHERE schemaname = 'rostro' AND tablename LIKE 'search_%'`,
    );
    expect((await query(pglite.url, `SELECT example FROM rostro.${String(tables[0].tablename)}`)).length).toBe(3);
    const { gallery } = await openPg(pglite.url, { running: otherContract, searches: true });
    const question = { embedding: vectorOf(2, otherContract.dimension) };
    expect(await new RemoteNearestMatcher(gallery.search!).match([question], 0.01)).toMatchObject([{ name: 'P2' }]);
  });

  it('holds no embeddings in memory, and says so to whoever needs all of them', async () => {
    const { gallery } = await openPg(pglite.url, { searches: true });
    await gallery.add('Ada', exampleOf(1));
    expect(gallery.people()[0].examples[0]).not.toHaveProperty('embedding');
    expect(() => gallery.embedded()).toThrow(expect.objectContaining({ code: 'embeddings_in_database' }));
    expect((await gallery.embeddedPerson('Ada')).examples[0].embedding).toEqual(exampleOf(1).embedding);
    await expect(gallery.embeddedPerson('Eve')).rejects.toMatchObject({ code: 'person_not_found' });
  });

  it('needs the extension, and says how to get it', async () => {
    const without = await startPglite({ withVector: false });
    await expect(openPg(without.url, { searches: true })).rejects.toMatchObject({
      code: 'database_incompatible',
      message: expect.stringContaining('install pgvector') as string,
    });
    await openPg(without.url);
    await closeAll();
    await without.stop();
  });

  it('is not possible without a database, with encryption, or with a trained matcher', () => {
    const DATABASE_URL = 'postgres://localhost/rostro';
    const refused = (settings: Record<string, string>) => () => readConfig({ SEARCH: 'pgvector', ...settings });
    expect(refused({})).toThrow('DATABASE_URL, which is not set');
    expect(refused({ DATABASE_URL, ENCRYPTION_KEY_FILE: 'key' })).toThrow('encrypted');
    expect(refused({ DATABASE_URL, MATCHER: 'svm' })).toThrow('MATCHER=svm');
    expect(readConfig({ SEARCH: 'pgvector', DATABASE_URL }).search.mode).toBe('pgvector');
  });
});

/** How the database finds the nearest examples. */
async function explained(gallery: Gallery): Promise<{ plan: string }[]> {
  expect(gallery.people().length).toBeGreaterThan(0);
  const [{ table }] = await query(
    pglite.url,
    `SELECT 'rostro.' || tablename AS table FROM pg_tables WHERE schemaname = 'rostro' AND tablename LIKE 'search_%'`,
  );
  const zero = `[${new Float32Array(wide.dimension).join(',')}]`;
  const rows = await query(
    pglite.url,
    `EXPLAIN SELECT example FROM ${String(table)} ORDER BY embedding <-> '${zero}' LIMIT 40`,
  );
  return [{ plan: rows.map((row) => String(row['QUERY PLAN'])).join('\n') }];
}
