import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sharedTrail } from '../../../../src/app/state-stores.js';
import type { Database } from '../../../../src/gallery/postgres/database.js';
import { openDatabase } from '../../../../src/gallery/postgres/migrate.js';
import { readLog } from '../../../../src/privacy/audit/audit-log.js';
import { type AuditEvent, hashLine } from '../../../../src/privacy/audit/entry.js';
import { verifyLog } from '../../../../src/privacy/audit/verify.js';
import { AuditedGallery } from '../../../../src/privacy/audited-gallery.js';
import { exampleOf } from '../../../helpers/gallery-fixture.js';
import { closeAll, openPg } from '../../../helpers/postgres-fixture.js';
import { hasPostgres, needsPostgres, query, startPostgres, type TestPostgres } from '../../../helpers/postgres.js';

const enrol: AuditEvent = { action: 'enrol', facts: { example: 'x' } };

describe.skipIf(!hasPostgres)(`the audit log in a database${needsPostgres}`, () => {
  let postgres: TestPostgres;
  let url: string;
  let databases: Database[];
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.stop());
  beforeEach(async () => {
    url = await postgres.newDatabase();
    databases = [await openDatabase(url), await openDatabase(url)];
  });
  afterEach(async () => {
    await closeAll();
    for (const database of databases) await database.close();
  });

  it('is one chain, whoever writes it', async () => {
    const [one, other] = databases.map((database) => sharedTrail(database, true));
    const refs = await Promise.all(Array.from({ length: 100 }, (_, i) => (i % 2 ? one : other).log!.record(enrol)));
    expect(new Set(refs.map(({ line }) => line)).size).toBe(100);
    const rows = await query(url, 'SELECT number, line FROM rostro.audit ORDER BY number');
    let before = '0'.repeat(64);
    for (const [i, { number, line }] of rows.entries()) {
      expect(Number(number)).toBe(i + 1);
      expect(JSON.parse(String(line))).toMatchObject({ seq: i + 1, prev: before });
      before = hashLine(String(line));
    }
    expect(await verifyLog(one.lines, refs)).toMatchObject({ lines: 100, hash: before, findings: [] });
  });

  it('tells that the whole log was deleted, with its head or without', async () => {
    for (const tables of ['rostro.audit', 'rostro.audit, rostro.audit_head']) {
      const { log, lines } = sharedTrail(databases[0], true);
      for (let i = 0; i < 6; i++) await log!.record(enrol);
      await log!.close();
      expect((await verifyLog(lines)).findings).toEqual([]);
      await query(url, `TRUNCATE ${tables}`);
      expect(await verifyLog(lines)).toMatchObject({ lines: 0, findings: [{ kind: 'cut_off' }] });
      const next = sharedTrail(databases[1], true);
      expect(await next.log!.open()).toEqual([expect.stringContaining('not as it was left')]);
      await next.log!.close();
      const kinds = (await verifyLog(lines)).findings.map(({ kind }) => kind);
      expect(kinds).toContain('mismatch_on_record');
      await query(
        url,
        `DELETE FROM rostro.audit; DELETE FROM rostro.audit_head; UPDATE rostro.gallery SET audit_lines = 0`,
      );
    }
  });

  it('tells what another hand has changed, taken out or cut off', async () => {
    const { log, lines } = sharedTrail(databases[0], true);
    for (let i = 0; i < 6; i++) await log!.record(enrol);
    const kinds = async () => (await verifyLog(lines)).findings.map(({ kind }) => kind);
    await query(url, 'CREATE TABLE kept AS SELECT * FROM rostro.audit');
    const afterTampering = async (statement: string) => {
      await query(url, statement);
      const found = await kinds();
      await query(url, 'DELETE FROM rostro.audit; INSERT INTO rostro.audit SELECT * FROM kept');
      return found;
    };
    expect(await afterTampering(`UPDATE rostro.audit SET line = replace(line, '"x"', '"y"') WHERE number = 3`)).toEqual(
      ['changed'],
    );
    expect(await afterTampering('DELETE FROM rostro.audit WHERE number IN (2, 3)')).toEqual(['missing']);
    expect(await afterTampering('DELETE FROM rostro.audit WHERE number > 4')).toEqual(['cut_off']);
    expect(await afterTampering(`UPDATE rostro.audit SET line = 'nonsense' WHERE number = 5`)).toEqual(['unreadable']);
    expect(await kinds()).toEqual([]);
    await query(url, 'DELETE FROM rostro.audit WHERE number > 4');
    expect(await sharedTrail(databases[1], true).log!.open()).toEqual([
      'the end of the audit log is not as it was left: run "rostro audit verify"',
    ]);
  });

  it('knows people by pseudonyms that all servers share, and forgets them', async () => {
    const [one, other] = databases.map((database) => sharedTrail(database, true));
    const near = new AuditedGallery((await openPg(url)).gallery, one);
    const far = new AuditedGallery((await openPg(url)).gallery, other);
    await near.add('Ada', exampleOf(1));
    await expect.poll(() => far.people().length).toBe(1);
    await far.add('Ada', exampleOf(2));
    await near.rename('Ada', 'Augusta');
    const subject = await other.pseudonyms.find('Augusta');
    expect(subject).toMatch(/^p-[0-9a-f]{32}$/);
    expect(await one.pseudonyms.names()).toEqual(new Map([[subject, 'Augusta']]));
    const entries = [];
    for await (const entry of readLog(other.lines, { subject: subject! })) entries.push(entry.action);
    expect(entries).toEqual(['enrol', 'enrol', 'enrol', 'enrol', 'rename', 'rename']);
    await expect.poll(() => far.people().map(({ name }) => name)).toEqual(['Augusta']);
    await far.removePerson('Augusta');
    expect(await query(url, 'SELECT * FROM rostro.audit_subjects')).toEqual([]);
    const [{ text }] = await query(url, `SELECT string_agg(line, '') AS text FROM rostro.audit`);
    expect(text).not.toMatch(/Ada|Augusta/);
  });

  it('forgets at a start who is not enrolled, but nobody whom another server is enrolling', async () => {
    const [one, other] = databases.map((database) => sharedTrail(database, true));
    const { gallery } = await openPg(url);
    await gallery.add('Ada', exampleOf(1));
    for (const name of ['Ada', 'gone', 'coming']) await one.pseudonyms.getOrCreate(name);
    await query(url, `UPDATE rostro.audit_subjects SET made_at = now() - interval '1 hour' WHERE name <> 'coming'`);
    await gallery.add('Eve', exampleOf(2));
    await other.reconcile([]);
    const names = [...(await one.pseudonyms.names()).values()].sort();
    expect(names).toEqual(['Ada', 'Eve', 'coming']);
  });

  it('tells of changes that a stop interrupted, but not of those that another server is at', async () => {
    const [one, other] = databases.map((database) => sharedTrail(database, true));
    await one.log!.record({ ...enrol, change: 'a', outcome: 'begun' });
    expect(await other.log!.open()).toEqual([]);
    await query(url, `UPDATE rostro.audit SET line = regexp_replace(line, '"at":"\\d{4}', '"at":"2020')`);
    const rows = await query(url, 'SELECT line FROM rostro.audit');
    await query(url, 'UPDATE rostro.gallery SET audit_lines = 0');
    await query(url, 'UPDATE rostro.audit_head SET hash = $1', [hashLine(String(rows[0].line))]);
    expect(await sharedTrail(databases[1], true).log!.open()).toEqual([
      '1 changes in the audit log were interrupted by a stop',
    ]);
  });
});
