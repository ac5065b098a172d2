import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sealingKey } from '../../../../src/gallery/sealing/sealed.js';
import { collisions } from '../../../../src/cli/report/reembedding.js';
import { prepareRows, type PrepareOptions } from '../../../../src/gallery/reembed/prepare.js';
import { deleteOtherVectors, DatabaseShadowRows } from '../../../../src/gallery/postgres/shadow-vectors.js';
import { plainVault, vaultOf } from '../../../../src/gallery/sealing/vault.js';
import { openEngine } from '../../../../src/engine/open-engine.js';
import { hasPostgres, needsPostgres, query, startPostgres, type TestPostgres } from '../../../helpers/postgres.js';
import {
  contentsOf,
  contract,
  exampleOf,
  negativeOf,
  numbered,
  otherContract,
  vectorOf,
} from '../../../helpers/gallery-fixture.js';
import { closeAll, openPg, type OpenPg } from '../../../helpers/postgres-fixture.js';

/** Reads its vector off the made-up crop. */
const embedCrop = (crop: Uint8Array): Promise<Float32Array | null> => {
  const number = Number(Buffer.from(crop).toString().slice('crop '.length));
  return Promise.resolve(number === 13 ? null : vectorOf(number, otherContract.dimension));
};
const otherExample = (number: number) => ({ ...exampleOf(number), embedding: vectorOf(number, 6) });
const mismatch = (message: string) => ({
  code: 'gallery_contract_mismatch',
  message: expect.stringContaining(message) as string,
});

describe.skipIf(!hasPostgres)(`vectors of another embedder in PostgreSQL${needsPostgres}`, () => {
  let postgres: TestPostgres;
  let url: string;
  let live: OpenPg;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.stop());
  beforeEach(async () => {
    url = await postgres.newDatabase();
    live = await openPg(url);
    await live.gallery.add('Ada', exampleOf(1), { groups: ['x'] });
    await live.gallery.add('Ada', exampleOf(2));
    await live.gallery.add('Eve', exampleOf(3));
  });
  afterEach(closeAll);

  const prepare = (options: Partial<PrepareOptions> = {}, to = otherContract, vault = plainVault) => {
    const vectors = new DatabaseShadowRows(live.database, vault, to);
    return prepareRows({ source: vectors, rows: vectors, embedCrop, concurrency: 2, ...options });
  };
  const vectorsIn = async () =>
    (
      await query(
        url,
        'SELECT contract, count(*)::int AS count FROM rostro.vectors GROUP BY contract ORDER BY contract',
      )
    ).map(({ contract: id, count }) => [id, count]);
  const six = (...numbers: number[]) => numbers.map((number) => [...vectorOf(number, 6)]);
  const embeddingsOf = ({ gallery }: OpenPg, name: string) =>
    gallery
      .embedded()
      .filter((person) => person.name === name)
      .flatMap(({ examples }) => examples.map(({ embedding }) => [...embedding]));

  it('are made beside those that servers answer with, once, and let a server of that embedder start', async () => {
    await expect(openPg(url, { running: otherContract })).rejects.toMatchObject(
      mismatch('"rostro reembed --to facenet-2018"'),
    );
    const { people, unable, embedded } = await prepare();
    expect([people.length, embedded, unable]).toEqual([2, 3, []]);
    expect((await prepare()).embedded).toBe(0);
    expect(await vectorsIn()).toEqual([
      [contract.id, 3],
      [otherContract.id, 3],
    ]);
    const other = await openPg(url, { running: otherContract });
    expect(embeddingsOf(other, 'Ada')).toEqual(six(1, 2));
    expect(other.gallery.person('Ada').groups).toEqual(['x']);
    expect(await contentsOf(live.gallery)).toMatchObject({ Eve: numbered(3) });
  });

  it('go on where they were stopped, and leave out what shows no face or has no crop', async () => {
    await live.gallery.add('Eve', exampleOf(13));
    const { example } = await live.gallery.add('Eve', exampleOf(4));
    await query(url, 'UPDATE rostro.examples SET crop = NULL WHERE id = $1', [example.id]);
    const stop = new AbortController();
    const onExample = () => {
      stop.abort();
    };
    const first = await prepare({ signal: stop.signal, onExample, concurrency: 1 });
    expect(first.embedded).toBe(1);
    const { embedded, unable } = await prepare();
    expect(unable.map(({ name, why }) => [name, why])).toEqual([
      ['Eve', 'no_face'],
      ['Eve', 'no_crop'],
    ]);
    expect([embedded, (await vectorsIn())[1]]).toEqual([3, [otherContract.id, 3]]);
    await expect(openPg(url, { running: otherContract })).rejects.toMatchObject(
      mismatch('2 of 5 examples in the database have no embedding of facenet-2018'),
    );
  });

  it('leave negatives without an embedding, until a server of that embedder makes it, beside the first', async () => {
    const { id } = await live.gallery.negatives.add('Ada', negativeOf(4));
    await prepare();
    const other = await openPg(url, { running: otherContract });
    const negativeIn = ({ gallery }: OpenPg) => gallery.person('Ada').negatives![0];
    expect(negativeIn(other)).toEqual({ ...negativeIn(live), embedding: null });
    await other.gallery.negatives.embed('Ada', id, vectorOf(4, 6));
    for (const one of [other, await openPg(url, { running: otherContract })]) {
      expect(negativeIn(one).embedding).toEqual(vectorOf(4, 6));
    }
    await live.gallery.rename('Ada', 'Augusta');
    await live.gallery.rename('Augusta', 'Ada');
    expect(negativeIn(live).embedding).toEqual(vectorOf(4));
    const stored = () => query(url, 'SELECT contract FROM rostro.negative_vectors ORDER BY contract');
    expect(await stored()).toHaveLength(2);
    await live.close();
    await deleteOtherVectors(other.database, otherContract);
    expect(await stored()).toEqual([{ contract: otherContract.id }]);
    await other.gallery.negatives.remove('Ada', id);
    expect(await stored()).toEqual([]);
  });

  it('are sealed like all others', async () => {
    const vault = vaultOf([sealingKey(Buffer.alloc(32, 1))]);
    url = await postgres.newDatabase();
    live = await openPg(url, { vault });
    await live.gallery.add('Ada', exampleOf(1));
    await prepare({}, otherContract, vault);
    const vectors = await query(url, 'SELECT vector FROM rostro.vectors');
    expect(vectors.map(({ vector }) => (vector as Buffer).subarray(0, 5).toString())).toEqual(['RSEAL', 'RSEAL']);
    expect(embeddingsOf(await openPg(url, { running: otherContract, vault }), 'Ada')).toEqual(six(1));
  });

  it('are read by running servers as they come, while servers of both embedders enrol', async () => {
    await prepare();
    const other = await openPg(url, { running: otherContract });
    await live.gallery.add('Late', exampleOf(5));
    await other.gallery.add('Later', otherExample(6));
    await expect.poll(() => other.gallery.isConnected).toBe(true);
    expect(embeddingsOf(other, 'Late')).toEqual([]);
    await expect(openPg(url, { running: otherContract })).rejects.toMatchObject(mismatch('1 of 5 examples'));
    expect((await prepare()).embedded).toBe(1);
    await expect.poll(() => embeddingsOf(other, 'Late')).toEqual(six(5));
    // And back: the former embedder lacks whoever was enrolled with the new one.
    await expect(openPg(url)).rejects.toMatchObject(mismatch('1 of 5 examples'));
    const four = (crop: Uint8Array) => Promise.resolve(vectorOf(Number(Buffer.from(crop).toString().slice(5))));
    expect((await prepare({ embedCrop: four }, contract)).embedded).toBe(1);
    await expect.poll(() => embeddingsOf(live, 'Later')).toEqual([[...vectorOf(6)]]);
    await openPg(url);
  });

  it('go with the example and with the person', async () => {
    await prepare();
    const [first] = live.gallery.person('Ada').examples;
    await live.gallery.removeExample('Ada', first.id);
    expect((await vectorsIn()).map(([, count]) => count)).toEqual([2, 2]);
    await live.gallery.removePerson('Ada');
    expect((await vectorsIn()).map(([, count]) => count)).toEqual([1, 1]);
    let erased = false;
    await live.gallery.add('Gone', exampleOf(7));
    await prepare({
      embedCrop: async (crop) => {
        if (!erased) await live.gallery.removePerson('Gone');
        erased = true;
        return embedCrop(crop);
      },
    });
    expect((await vectorsIn()).map(([, count]) => count)).toEqual([1, 1]);
  });

  it('keep a server from taking away examples that it does not know', async () => {
    await prepare();
    const other = await openPg(url, { running: otherContract });
    await live.gallery.add('Eve', exampleOf(4));
    const [known] = other.gallery.person('Eve').examples;
    await other.gallery.removeExample('Eve', known.id);
    await expect.poll(() => live.gallery.person('Eve').examples.length).toBe(1);
    await live.gallery.add('Ada', exampleOf(5));
    await live.gallery.add('Zoë', exampleOf(6));
    await prepare();
    await expect.poll(() => other.gallery.people().map(({ name }) => name)).toEqual(['Ada', 'Eve', 'Zoë']);
    await live.gallery.add('Ada', exampleOf(8));
    await other.gallery.merge('Ada', 'Zoë');
    await expect.poll(() => live.gallery.people().map(({ name }) => name)).toEqual(['Eve', 'Zoë']);
    expect(live.gallery.person('Zoë').examples).toHaveLength(5);
  });

  it('are compared with those that the gallery was last written with', async () => {
    await live.gallery.add('Twin', exampleOf(3.1));
    const { people } = await prepare();
    const engine = await openEngine({ kind: 'onnxruntime', provider: 'cpu' }, 1);
    const found = await collisions(people, 0.2, engine);
    // Two vectors at angles of 3 and 3.1: a chord of 2 sin 0.05.
    expect(found.map(({ people: names }) => names)).toEqual([['Eve', 'Twin']]);
    expect(found[0].distance).toBeCloseTo(2 * Math.sin(0.05), 5);
    expect(found[0].before).toBeCloseTo(2 * Math.sin(0.05), 5);
  });

  it('are forgotten where no server reads them, and nobody needs them', async () => {
    await expect(deleteOtherVectors(live.database, otherContract)).rejects.toMatchObject(
      mismatch('were enrolled with'),
    );
    await prepare();
    expect(await deleteOtherVectors(live.database, otherContract)).toEqual([{ contract: contract.id, deleted: null }]);
    const other = await openPg(url, { running: otherContract });
    await live.close();
    expect(await deleteOtherVectors(other.database, otherContract)).toEqual([{ contract: contract.id, deleted: 3 }]);
    expect(await vectorsIn()).toEqual([[otherContract.id, 3]]);
    expect(embeddingsOf(other, 'Eve')).toEqual(six(3));
    await expect(openPg(url)).rejects.toMatchObject(mismatch('"rostro reembed --to facenet-2017"'));
  });
});
