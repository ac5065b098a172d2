import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../../../src/app/config.js';
import { Database } from '../../../../src/gallery/postgres/database.js';
import { migrate, openDatabase } from '../../../../src/gallery/postgres/migrate.js';
import { MIGRATIONS } from '../../../../src/gallery/postgres/schema.js';
import { embedderOfDatabase } from '../../../../src/gallery/postgres/stored-contracts.js';
import { sealingKey } from '../../../../src/gallery/sealing/sealed.js';
import { vaultOf } from '../../../../src/gallery/sealing/vault.js';
import {
  contentsOf,
  contract,
  exampleOf,
  numbered,
  otherContract,
  vectorOf,
} from '../../../helpers/gallery-fixture.js';
import { closeAll, openPg } from '../../../helpers/postgres-fixture.js';
import {
  freePort,
  hasPostgres,
  needsPostgres,
  query,
  startPostgres,
  type TestPostgres,
  urlOf,
} from '../../../helpers/postgres.js';

describe('the address of a database', () => {
  it.each(['nonsense', 'http://host/name', 'postgres://host', 'postgres://user:hush@host/'])('%s is refused', (url) => {
    const read = () => readConfig({ DATABASE_URL: url });
    expect(read).toThrow(expect.objectContaining({ code: 'bad_config' }));
    expect(read).toThrow('DATABASE_URL is not usable: give the address of a database such as postgres://');
    expect(read).not.toThrow('hush');
  });

  it('may be one of a socket', () => {
    const url = 'postgres://rostro@%2Fvar%2Frun%2Fpostgresql/gallery';
    expect(readConfig({ DATABASE_URL: url }).storage.databaseUrl).toBe(url);
    expect(new Database(url).where).toBe('/var/run/postgresql');
    expect(new Database('postgres:///gallery?host=/tmp').where).toBe('/tmp');
    expect(new Database('postgresql://user:hush@db.example/gallery').where).toBe('db.example:5432');
  });
});

describe.skipIf(!hasPostgres)(`a PostgreSQL at the start${needsPostgres}`, () => {
  let postgres: TestPostgres;
  let url: string;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.stop());
  beforeEach(async () => {
    url = await postgres.newDatabase();
  });
  afterEach(closeAll);

  it('knows the embedder that made the gallery', async () => {
    const { gallery } = await openPg(url);
    const session = await openDatabase(url);
    expect(await embedderOfDatabase(session)).toBeNull();
    await gallery.add('Ada', exampleOf(1));
    expect(await embedderOfDatabase(session)).toBe(contract.name);
    await session.close();
  });

  it('that nobody answers for, that lets nobody in, or that is not there, is told in words', async () => {
    const port = await freePort();
    await expect(openDatabase(urlOf(port, 'gallery'))).rejects.toMatchObject({
      code: 'database_unreachable',
      message: `The database at 127.0.0.1:${port} cannot be reached: ECONNREFUSED.`,
    });
    await expect(openDatabase('postgres://user@no-such-host.invalid/gallery')).rejects.toMatchObject({
      code: 'database_unreachable',
      message: expect.stringMatching(/no-such-host\.invalid:5432 cannot be reached: E/) as string,
    });
    await expect(openDatabase(urlOf(postgres.port, 'gallery_1', 'wrong'))).rejects.toMatchObject({
      code: 'bad_config',
      message:
        'The database does not let the server in: password authentication failed for user "postgres". See user and password in DATABASE_URL.',
    });
    await expect(openDatabase(urlOf(postgres.port, 'nowhere'))).rejects.toMatchObject({
      code: 'bad_config',
      message: 'Database "nowhere" does not exist: make it with "createdb", or see the name in DATABASE_URL.',
    });
  });

  it('whose user may not make tables is told in words', async () => {
    await query(url, `CREATE ROLE guest LOGIN PASSWORD 'guest'`);
    const guest = new URL(url);
    [guest.username, guest.password] = ['guest', 'guest'];
    await expect(openDatabase(guest.href)).rejects.toMatchObject({
      code: 'bad_config',
      message: expect.stringContaining('permission denied for database') as string,
    });
  });

  it('gets its tables from whichever of several servers comes first', async () => {
    await Promise.all(Array.from({ length: 6 }, () => openPg(url)));
    const applied = await query(url, 'SELECT number FROM rostro.migrations ORDER BY number');
    expect(applied.map(({ number }) => number)).toEqual(MIGRATIONS.map(({ number }) => number));
  });

  it('of a newer version stops the start, of an older one only while servers of it run', async () => {
    const running = await openPg(url);
    await running.gallery.add('Ada', exampleOf(1));
    const next = [...MIGRATIONS, { number: 1000, sql: 'ALTER TABLE rostro.people ADD COLUMN nickname text' }];
    const newer = new Database(url);
    await expect(migrate(newer, next)).rejects.toMatchObject({
      code: 'database_incompatible',
      message: expect.stringContaining('servers of that version still run on it: stop all of them') as string,
    });
    await running.gallery.add('Ada', exampleOf(2));
    await closeAll();
    await migrate(newer, next);
    await newer.close();
    await expect(openDatabase(url)).rejects.toMatchObject({
      code: 'database_incompatible',
      message: expect.stringMatching(
        /newer Rostro \(schema 1000; this one knows up to \d+\): update this one/,
      ) as string,
    });
    const [{ count }] = await query(url, 'SELECT count(nickname) FROM rostro.people');
    expect(count).toBe('0');
  });

  it('leaves no half schema where a step of it fails', async () => {
    const database = new Database(url);
    const broken = [...MIGRATIONS, { number: 1000, sql: 'CREATE TABLE rostro.more (x int); SELECT nonsense' }];
    await expect(migrate(database, broken)).rejects.toThrow('nonsense');
    expect(await query(url, `SELECT to_regclass('rostro.people') AS people`)).toEqual([{ people: null }]);
    await database.close();
    await openPg(url);
  });

  it('whose people another embedder made stops the start, and takes no change of it later', async () => {
    const { gallery } = await openPg(url);
    await openPg(url, { running: otherContract });
    await gallery.add('Ada', exampleOf(1));
    const mismatch = { code: 'gallery_contract_mismatch' };
    await expect(openPg(url, { running: otherContract })).rejects.toMatchObject({
      ...mismatch,
      message: expect.stringContaining(
        'were enrolled with facenet-2017 (weights1+crop1+prewhiten), but facenet-2018',
      ) as string,
    });
    await gallery.removePerson('Ada');
    const other = await openPg(url, { running: otherContract });
    await other.gallery.add('Eve', { ...exampleOf(1), embedding: vectorOf(1, 6) });
    await expect(gallery.add('Ada', exampleOf(1))).rejects.toMatchObject(mismatch);
    await gallery.close();
  });

  it('holds nothing of a face that can be read where a key is set', async () => {
    const keys = [1, 2].map((byte) => sealingKey(Buffer.alloc(32, byte)));
    const { gallery } = await openPg(url, { vault: vaultOf([keys[0]]) });
    const { example } = await gallery.add('Ada', exampleOf(1), {
      groups: ['staff'],
      consent: { basis: 'consent', date: '2026-09-01', note: 'Folder 12' },
    });
    await gallery.add('Ada', exampleOf(2));
    const [{ further }] = await query(url, 'SELECT further FROM rostro.people');
    expect((further as Buffer).subarray(0, 5).toString('latin1')).toBe('RSEAL');
    expect((further as Buffer).includes('Folder')).toBe(false);
    const rows = await query(
      url,
      'SELECT e.key, e.crop, e.details, v.vector FROM rostro.examples e JOIN rostro.vectors v ON v.example = e.key ORDER BY e.place',
    );
    const sealed = rows.flatMap(({ crop, details, vector }) => [crop, details, vector] as Buffer[]);
    for (const bytes of sealed) {
      expect(bytes.subarray(0, 5).toString('latin1')).toBe('RSEAL');
      expect(bytes.includes('crop') || bytes.includes('confidence')).toBe(false);
    }
    const again = await openPg(url, { vault: vaultOf([keys[1], keys[0]]) });
    expect(await contentsOf(again.gallery)).toMatchObject({
      Ada: [expect.stringContaining('Folder 12'), ...numbered(1, 2)],
    });

    await expect(openPg(url)).rejects.toMatchObject({ code: 'encryption_key_wrong' });
    await expect(openPg(url, { vault: vaultOf([keys[1]]) })).rejects.toMatchObject({ code: 'encryption_key_wrong' });
    await query(url, 'UPDATE rostro.examples SET crop = $1 WHERE key = $2', [rows[1].crop, rows[0].key]);
    await expect(gallery.crop('Ada', example.id)).rejects.toMatchObject({ code: 'gallery_corrupt' });
    await query(url, 'UPDATE rostro.vectors SET vector = $1 WHERE example = $2', [rows[1].vector, rows[0].key]);
    await expect(openPg(url, { vault: vaultOf([keys[0]]) })).rejects.toMatchObject({ code: 'gallery_corrupt' });
  });

  it('whose rows another hand has damaged is told, by the example', async () => {
    const { gallery } = await openPg(url);
    await gallery.add('Ada', exampleOf(1));
    const damages = [
      `UPDATE rostro.vectors SET vector = '\\x00'`,
      `UPDATE rostro.vectors SET vector = decode(repeat('0000c07f', ${contract.dimension}), 'hex')`,
      `UPDATE rostro.examples SET details = '\\x7b7d'`,
    ];
    for (const damage of damages) {
      await query(url, damage);
      await expect(openPg(url)).rejects.toMatchObject({
        code: 'gallery_corrupt',
        message: expect.stringMatching(/^postgres\/examples\/[0-9a-f-]{36}\/\S+ cannot be used: /) as string,
      });
    }
  });

  it('keeps no text with a zero character, and says so before anything is written', async () => {
    const { gallery } = await openPg(url);
    await gallery.add('Ada', exampleOf(1));
    const metadata = { note: 'a\u0000b' };
    await expect(gallery.describe('Ada', { metadata })).rejects.toMatchObject({ code: 'bad_request' });
    await expect(gallery.add('Eve', exampleOf(2), { metadata })).rejects.toMatchObject({ code: 'bad_request' });
    expect(await contentsOf((await openPg(url)).gallery)).toEqual({ Ada: numbered(1) });
  });

  it('that takes no changes is told as storage that takes none', async () => {
    const { gallery } = await openPg(url);
    await gallery.add('Ada', exampleOf(1));
    const name = new URL(url).pathname.slice(1);
    await query(url, `ALTER DATABASE ${name} SET default_transaction_read_only = on`);
    await query(url, 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1', ['rostro']);
    await expect.poll(() => gallery.isConnected).toBe(true);
    const tried = () => gallery.add('Ada', exampleOf(2)).catch((error: unknown) => (error as { code: string }).code);
    await expect.poll(tried).toBe('storage_failed');
    expect(await gallery.isWritable()).toBe(false);
    expect(await contentsOf(gallery)).toEqual({ Ada: numbered(1) });
  });
});
