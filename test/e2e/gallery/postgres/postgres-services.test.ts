import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../../../src/gallery/postgres/migrate.js';
import { contentsOf, exampleOf, numbered } from '../../../helpers/gallery-fixture.js';
import { hasPgBouncer, needsPgBouncer, startPgBouncer } from '../../../helpers/pgbouncer.js';
import { closeAll, openPg } from '../../../helpers/postgres-fixture.js';
import { hasPostgres, needsPostgres, query, startPostgres, type TestPostgres } from '../../../helpers/postgres.js';
import { tcpProxy } from '../../../helpers/tcp-proxy.js';

/** Databases as hosting services offer them. */

const wait = { timeout: 20_000 };
const NO_NOTIFICATIONS = 'set DATABASE_LISTEN_URL';

let postgres: TestPostgres;
let url: string;
beforeAll(async () => {
  if (hasPostgres) postgres = await startPostgres();
});
afterAll(() => postgres.stop());
beforeEach(async () => {
  if (hasPostgres) url = await postgres.newDatabase();
});
afterEach(closeAll);

describe.skipIf(!hasPgBouncer)(`PgBouncer${needsPgBouncer}`, () => {
  async function throughBouncer(mode: 'session' | 'transaction', listensDirectly: boolean) {
    const bouncer = await startPgBouncer(postgres.port, mode);
    const through = bouncer.urlFor(url);
    const options = listensDirectly ? { listenUrl: url } : {};
    const [one, other] = [await openPg(through, options), await openPg(through, options)];
    return { one, other, through, bouncer };
  }

  it.each([
    ['session', false],
    ['transaction', true],
  ] as const)('in %s mode: changes, crops and what others change', async (mode, listensDirectly) => {
    const { one, other, bouncer } = await throughBouncer(mode, listensDirectly);
    try {
      const { example } = await one.gallery.add('Ada', exampleOf(1), { groups: ['staff'] });
      const started = performance.now();
      await expect.poll(() => other.gallery.people().length, { ...wait, interval: 20 }).toBe(1);
      // Without a notification, after five seconds at the latest.
      expect(performance.now() - started).toBeLessThan(4000);
      expect(Buffer.from(await other.gallery.crop('Ada', example.id)).toString()).toBe('crop 1');
      await Promise.all(Array.from({ length: 12 }, (_, i) => other.gallery.add('Bea', exampleOf(2 + i))));
      await expect.poll(() => one.gallery.people().length, wait).toBe(2);
      expect(await contentsOf(one.gallery)).toMatchObject({ Ada: [expect.any(String), ...numbered(1)] });
      await one.gallery.removePerson('Ada');
      await expect.poll(() => other.gallery.people().length, wait).toBe(1);
      expect([...one.logged, ...other.logged].join()).not.toContain(NO_NOTIFICATIONS);
    } finally {
      await closeAll();
      await bouncer.stop();
    }
  });

  it('in transaction mode without DATABASE_LISTEN_URL: the log says what is missing', async () => {
    const { one, other, bouncer } = await throughBouncer('transaction', false);
    try {
      await expect.poll(() => one.logged.join(), wait).toContain(NO_NOTIFICATIONS);
      await one.gallery.add('Ada', exampleOf(1));
      await expect.poll(() => other.gallery.people().length, wait).toBe(1);
    } finally {
      await closeAll();
      await bouncer.stop();
    }
  });

  it('keeps the timeouts: those of a transaction, and none that is left for other clients', async () => {
    const bouncer = await startPgBouncer(postgres.port, 'transaction');
    const database = await openDatabase(bouncer.urlFor(url));
    try {
      const show = `SELECT current_setting('statement_timeout') AS ms`;
      expect(await database.transaction((session) => session.query(show))).toEqual([{ ms: '20s' }]);
      expect(await query(bouncer.urlFor(url), show)).toEqual([{ ms: '0' }]);
    } finally {
      await database.close();
      await bouncer.stop();
    }
  });
});

describe.skipIf(!hasPostgres)(`a fail-over${needsPostgres}`, () => {
  it('costs one refused change: then the standby that was promoted gets the changes, and is followed', async () => {
    const primary = await startPostgres();
    const url = await primary.newDatabase();
    const standby = await primary.newStandby();
    const proxy = await tcpProxy(primary.port);
    try {
      const { gallery, database } = await openPg(url.replace(`:${primary.port}/`, `:${proxy.port}/`));
      await gallery.add('Ada', exampleOf(1));
      const direct = url.replace(`:${primary.port}/`, `:${standby.port}/`);
      const rows = () => query(direct, 'SELECT name FROM rostro.people').catch(() => []);
      await expect.poll(rows, wait).toHaveLength(1);
      await query(url, 'ALTER SYSTEM SET default_transaction_read_only = on');
      await query(url, 'SELECT pg_reload_conf()');
      await query(direct, 'SELECT pg_promote()');
      proxy.retarget(standby.port);
      // Connections to the old primary stay open. It takes a moment until they have read its settings.
      const isReadOnly = async () =>
        (await database.query(`SELECT current_setting('transaction_read_only') AS state`))[0].state;
      await expect.poll(isReadOnly, wait).toBe('on');
      await expect(gallery.add('Bea', exampleOf(2))).rejects.toMatchObject({
        code: 'storage_failed',
        details: { state: '25006' },
      });
      await gallery.add('Cleo', exampleOf(3));
      expect(await rows()).toContainEqual({ name: 'Cleo' });
      const { gallery: other } = await openPg(direct);
      await other.add('Dora', exampleOf(4));
      await expect.poll(() => gallery.people().map(({ name }) => name), wait).toContain('Dora');
    } finally {
      await closeAll();
      await proxy.close();
      await standby.stop();
      await primary.stop();
    }
  });
});

describe.skipIf(!hasPostgres)(`a database with a certificate of its provider${needsPostgres}`, () => {
  let folder: string;
  beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'rostro-ca-'))));
  afterAll(() => rmSync(folder, { recursive: true }));

  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });

  it('needs the certificate of the authority, and the sentence says where', async () => {
    openssl(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-subj',
      '/CN=Provider CA',
      '-keyout',
      'ca.key',
      '-out',
      'ca.pem',
    );
    openssl('req', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=localhost', '-keyout', 'key.pem', '-out', 'csr.pem');
    writeFileSync(join(folder, 'san'), 'subjectAltName=IP:127.0.0.1');
    openssl(
      'x509',
      '-req',
      '-in',
      'csr.pem',
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-days',
      '2',
      '-extfile',
      'san',
      '-out',
      'cert.pem',
    );
    const secure = await startPostgres({ tls: { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') } });
    try {
      const encrypted = `${await secure.newDatabase()}?sslmode=require`;
      const refusal = await openDatabase(encrypted).catch((error: unknown) => error as Error);
      expect(refusal).toMatchObject({ code: 'bad_config' });
      expect((refusal as Error).message).toContain('sslrootcert=/path/to/ca.pem');
      await expect(openDatabase(`${encrypted}&sslrootcert=${join(folder, 'none.pem')}`)).rejects.toMatchObject({
        code: 'bad_config',
        message: expect.stringMatching(/none\.pem.*cannot be read: ENOENT/) as string,
      });
      chmodSync(join(folder, 'ca.pem'), 0o644);
      const opened = await openPg(`${encrypted}&sslrootcert=${join(folder, 'ca.pem')}`);
      await opened.gallery.add('Ada', exampleOf(1));
      expect(opened.gallery.people()).toHaveLength(1);
    } finally {
      await closeAll();
      await secure.stop();
    }
  });
});
