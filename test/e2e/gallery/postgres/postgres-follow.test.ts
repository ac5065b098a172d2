import { isDeepStrictEqual } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hasPostgres, needsPostgres, query, startPostgres, type TestPostgres } from '../../../helpers/postgres.js';
import { tcpProxy, type TcpProxy } from '../../../helpers/tcp-proxy.js';
import { contentsOf, exampleOf, negativeOf, numbered, vectorOf } from '../../../helpers/gallery-fixture.js';
import { closeAll, openPg, type OpenPg } from '../../../helpers/postgres-fixture.js';

let postgres: TestPostgres;
let url: string;
let proxy: TcpProxy;
/** A server with the database beside it, and one that reaches it over a line that can be cut. */
let near: OpenPg;
let far: OpenPg;

const unreachable = { code: 'database_unreachable' };
const wait = { timeout: 20_000 };
const same = () => expect.poll(() => isDeepStrictEqual(far.gallery.people(), near.gallery.people()), wait).toBe(true);

describe.skipIf(!hasPostgres)(`servers that share a PostgreSQL${needsPostgres}`, () => {
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.stop());
  beforeEach(async () => {
    url = await postgres.newDatabase();
    proxy = await tcpProxy(postgres.port);
    near = await openPg(url);
    far = await openPg(url.replace(`:${postgres.port}/`, `:${proxy.port}/`));
  });
  afterEach(async () => {
    await closeAll();
    await proxy.close();
  });

  it('know of each other’s changes', async () => {
    const { example } = await near.gallery.add('Ada', exampleOf(1), { groups: ['staff'] });
    await near.gallery.add('Ada', exampleOf(2));
    await same();
    expect(Buffer.from(await far.gallery.crop('Ada', example.id)).toString()).toBe('crop 1');
    await far.gallery.rename('Ada', 'Augusta');
    await far.gallery.add('Ada', exampleOf(3));
    await same();
    await near.gallery.merge('Ada', 'Augusta');
    await near.gallery.removeExample('Augusta', example.id);
    await same();
    expect(await contentsOf(far.gallery)).toMatchObject({ Augusta: [expect.any(String), ...numbered(2, 3)] });
    await far.gallery.removePerson('Augusta');
    await expect.poll(() => near.gallery.people(), wait).toEqual([]);
  });

  it('know of each other’s corrections', async () => {
    await near.gallery.add('Ada', exampleOf(1));
    const { id } = await near.gallery.negatives.add('Ada', negativeOf(2));
    await same();
    expect(far.gallery.person('Ada').negatives).toMatchObject([{ id, embedding: vectorOf(2) }]);
    expect(Buffer.from(await far.gallery.negatives.crop('Ada', id)).toString()).toBe('crop 2');
    await far.gallery.negatives.remove('Ada', id);
    await same();
    expect(near.gallery.person('Ada').negatives).toBeUndefined();
  });

  it('decide by what is in the database, not by what they have heard', async () => {
    const { gallery } = near;
    await Promise.all([gallery.add('Ada', exampleOf(1)), far.gallery.add('Ada', exampleOf(2))]);
    await gallery.add('Eve', exampleOf(3), { id: '7' });
    await expect(far.gallery.rename('Ada', 'Eve')).rejects.toMatchObject({ code: 'person_exists' });
    await expect(far.gallery.describe('Ada', { id: '7' })).rejects.toMatchObject({ code: 'id_taken' });
    await gallery.removePerson('Eve');
    await expect(far.gallery.removePerson('Eve')).rejects.toMatchObject({ code: 'person_not_found' });
    await far.gallery.rename('Ada', 'Eve');
    expect(far.gallery.person('Eve').examples).toHaveLength(2);
    await same();
  });

  it('see the same after many changes that all came at once', async () => {
    const names = ['Ada', 'Eve', 'Zoë'];
    const change = ({ gallery }: OpenPg, i: number) =>
      i % 5 === 4 ? gallery.removePerson(names[i % 3]).catch(() => null) : gallery.add(names[i % 3], exampleOf(i));
    await Promise.all(Array.from({ length: 60 }, (_, i) => change(i % 2 ? near : far, i)));
    await same();
    const fresh = await openPg(url);
    expect(near.gallery.people()).toEqual(fresh.gallery.people());
    const numbers = await query(url, 'SELECT number FROM rostro.changes ORDER BY number');
    expect(numbers.map(({ number }) => Number(number))).toEqual(numbers.map((_, i) => i + 1));
  });

  it('go on with what they know while cut off, refuse changes, and mend themselves', async () => {
    await near.gallery.add('Ada', exampleOf(1));
    await same();
    proxy.cut();
    await expect.poll(() => far.gallery.isConnected, wait).toBe(false);
    expect(await far.gallery.isWritable()).toBe(false);
    await near.gallery.add('Eve', exampleOf(2));
    await near.gallery.removePerson('Ada');
    expect(far.gallery.people().map(({ name }) => name)).toEqual(['Ada']);
    await expect(far.gallery.add('Ada', exampleOf(3))).rejects.toMatchObject(unreachable);
    await expect(far.gallery.rename('Ada', 'Zoë')).rejects.toMatchObject(unreachable);
    await expect(far.gallery.crop('Ada', far.gallery.person('Ada').examples[0].id)).rejects.toMatchObject(unreachable);
    proxy.restore();
    await expect.poll(() => far.gallery.isConnected, wait).toBe(true);
    await same();
    expect(await contentsOf(far.gallery)).toEqual({ Eve: numbered(2) });
    await far.gallery.add('Ada', exampleOf(3));
    await same();
  });

  it('come back when the database ends their connection', async () => {
    for (let i = 0; i < 5; i++) {
      await query(url, 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1', [
        'rostro',
      ]);
      await expect
        .poll(
          () =>
            near.gallery.add(`P${i}`, exampleOf(i)).then(
              () => true,
              () => false,
            ),
          wait,
        )
        .toBe(true);
      await same();
    }
    expect(far.logged.join('\n')).toContain('the database is back');
  });

  it('find out what became of a change whose answer was lost', async () => {
    await far.gallery.add('Ada', exampleOf(1));
    void proxy.loseAnswerTo('COMMIT');
    await far.gallery.add('Ada', exampleOf(2));
    expect(await contentsOf(far.gallery)).toEqual({ Ada: numbered(1, 2) });
    await same();
    void proxy.loseAnswerTo('INSERT INTO rostro.examples');
    await expect(far.gallery.add('Ada', exampleOf(3))).rejects.toMatchObject(unreachable);
    await expect.poll(() => far.gallery.isConnected, wait).toBe(true);
    await far.gallery.add('Ada', exampleOf(4));
    await same();
    expect(await contentsOf(near.gallery)).toEqual({ Ada: numbered(1, 2, 4) });
  });

  it('say so where they cannot find out', async () => {
    await far.gallery.add('Ada', exampleOf(1));
    const sent = proxy.loseAnswerTo('COMMIT');
    const lost = far.gallery.add('Ada', exampleOf(2));
    // After the database has made the change, and before the proxy breaks the connection.
    void sent.then(() => setTimeout(() => proxy.cut(), 150));
    await expect(lost).rejects.toMatchObject({
      ...unreachable,
      message: expect.stringContaining('Whether the change was made is not known') as string,
    });
    proxy.restore();
    await expect.poll(() => far.gallery.person('Ada').examples.length, wait).toBe(2);
  });

  it('read everyone again where the database was set back to an older state', async () => {
    await near.gallery.add('Ada', exampleOf(1));
    await query(url, 'CREATE TABLE before_people AS SELECT * FROM rostro.changes');
    await near.gallery.add('Eve', exampleOf(2));
    await near.gallery.add('Zoë', exampleOf(3));
    await same();
    await query(
      url,
      `DELETE FROM rostro.people WHERE name <> 'Ada'; DELETE FROM rostro.changes WHERE number > 1;
       UPDATE rostro.gallery SET last_change = 1; SELECT pg_notify('rostro_changes', '1')`,
    );
    await near.gallery.add('Grace', exampleOf(4));
    await expect.poll(() => near.gallery.people().map(({ name }) => name), wait).toEqual(['Ada', 'Grace']);
    await query(url, 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1', ['rostro']);
    await same();
  });

  it('read everyone again where too many changes were made while they were away', async () => {
    proxy.cut();
    for (let i = 0; i < 5; i++) await near.gallery.add(`P${i}`, exampleOf(i));
    await query(url, 'DELETE FROM rostro.changes WHERE number < 4');
    proxy.restore();
    await same();
    expect(far.gallery.people()).toHaveLength(5);
  });
});
