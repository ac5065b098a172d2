import { appendFileSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { runAs } from '../../../../src/privacy/audit/actor.js';
import { fileLog, type AuditLog, type LineRef } from '../../../../src/privacy/audit/audit-log.js';
import type { AuditEvent } from '../../../../src/privacy/audit/entry.js';
import { fileSource } from '../../../../src/privacy/audit/file-lines.js';
import { verifyLog } from '../../../../src/privacy/audit/verify.js';
import { removeTemporaryFolders, temporaryFolder } from '../../../helpers/gallery-fixture.js';
import { entriesIn, linesIn, logFiles, sha256 } from '../../../helpers/audit-log.js';

const enrol: AuditEvent = { action: 'enrol', subject: `p-${'a'.repeat(32)}`, outcome: 'done' };

let folder: string;
beforeEach(() => {
  folder = join(temporaryFolder(), 'audit');
});
afterAll(removeTemporaryFolders);

const head = () => JSON.parse(readFileSync(join(folder, 'head.json'), 'utf8')) as { lines: number; hash: string };

async function withLog(work: (log: AuditLog) => Promise<unknown>): Promise<void> {
  const log = fileLog({ folder });
  await work(log);
  await log.close();
}

describe('the audit log', () => {
  it('chains its lines by SHA-256 over files, and keeps the last hash in the head', async () => {
    const log = fileLog({ folder, maxSegmentBytes: 700 });
    const refs: LineRef[] = [];
    for (let i = 0; i < 9; i++) refs.push(await log.record(enrol));
    await log.close();
    expect(logFiles(folder).length).toBeGreaterThan(2);
    const lines = linesIn(folder).map(({ text }) => text);
    let before = '0'.repeat(64);
    lines.forEach((text, i) => {
      expect(JSON.parse(text)).toMatchObject({ seq: i + 1, prev: before, action: 'enrol', actor: { kind: 'server' } });
      before = sha256(text);
      expect(refs[i]).toEqual({ line: i + 1, hash: before });
    });
    expect(head()).toEqual({ lines: 9, hash: before });
  });

  it('continues at its end, in a new file for a new month', async () => {
    let now = new Date('2026-01-31T23:59:59Z');
    for (const later of ['2026-01-31T23:59:59Z', '2026-02-01T00:00:00Z', '2026-02-01T00:00:01Z']) {
      now = new Date(later);
      const log = fileLog({ folder, now: () => now });
      await log.record(enrol);
      await log.close();
    }
    expect(logFiles(folder)).toEqual(['000001-2026-01.jsonl', '000002-2026-02.jsonl']);
    expect(await verifyLog(fileSource(folder))).toMatchObject({ lines: 3, findings: [] });
  });

  it('records the actor across async calls', async () => {
    await withLog(async (log) => {
      await runAs({ kind: 'key', id: 'k1' }, async () => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        await log.record(enrol);
      });
      await runAs({ kind: 'cli', user: 'ada' }, () => log.record(enrol));
    });
    expect(entriesIn(folder).map(({ actor }) => actor)).toEqual([
      { kind: 'key', id: 'k1' },
      { kind: 'cli', user: 'ada' },
    ]);
  });

  it('writes concurrent lines in one chain', async () => {
    await withLog(async (log) => {
      const refs = await Promise.all(Array.from({ length: 200 }, () => log.record(enrol)));
      expect(new Set(refs.map(({ line }) => line)).size).toBe(200);
    });
    expect(await verifyLog(fileSource(folder))).toMatchObject({ lines: 200, findings: [] });
  });

  it('writes notes within about a second and on close', async () => {
    const log = fileLog({ folder });
    await log.record(enrol);
    log.note({ action: 'recognize', faces: [] });
    await expect.poll(() => entriesIn(folder).length).toBe(2);
    log.note({ action: 'recognize', faces: [] });
    await log.close();
    expect(entriesIn(folder)).toHaveLength(3);
  });

  it('refuses invalid facts: a list of numbers, a long text', async () => {
    const log = fileLog({ folder });
    const vector = { facts: { embedding: [0.1, 0.2] } } as unknown as AuditEvent;
    await expect(log.record({ ...vector, action: 'enrol' })).rejects.toThrow();
    await expect(log.record({ action: 'enrol', facts: { text: 'x'.repeat(301) } })).rejects.toThrow();
    await log.record(enrol);
    await log.close();
    expect(await verifyLog(fileSource(folder))).toMatchObject({ lines: 1, findings: [] });
  });

  it('is readable by its owner only', async () => {
    await withLog((log) => log.record(enrol));
    const modes = [folder, join(folder, logFiles(folder)[0]), join(folder, 'head.json')].map(
      (path) => statSync(path).mode & 0o077,
    );
    if (process.platform !== 'win32') expect(modes).toEqual([0, 0, 0]);
  });

  it('stays one chain when a command appends lines while the server runs', async () => {
    const [server, command] = [fileLog({ folder }), fileLog({ folder })];
    for (const log of [server, command, server, server, command, server]) await log.record(enrol);
    await Promise.all([server.close(), command.close()]);
    expect(await verifyLog(fileSource(folder))).toMatchObject({ lines: 6, findings: [] });
  });
});

describe('after a stop', () => {
  it('removes and reports an incomplete line, which is no tampering', async () => {
    await withLog((log) => log.record(enrol));
    appendFileSync(join(folder, logFiles(folder)[0]), '{"seq":2,"at":"2026-');
    expect(await verifyLog(fileSource(folder))).toMatchObject({ lines: 1, findings: [], tornLine: true });
    const log = fileLog({ folder });
    expect(await log.open()).toEqual([expect.stringContaining('half-written')]);
    await log.record(enrol);
    await log.close();
    expect(entriesIn(folder).map(({ action }) => action)).toEqual(['enrol', 'torn_line_removed', 'enrol']);
    expect(await verifyLog(fileSource(folder))).toMatchObject({ lines: 3, findings: [], tornLine: false });
  });

  it('reports unfinished changes once', async () => {
    await withLog(async (log) => {
      await log.record({ ...enrol, change: 'one', outcome: 'begun' });
      await log.record({ ...enrol, change: 'one', outcome: 'done' });
      await log.record({ ...enrol, change: 'two', outcome: 'begun' });
    });
    for (const expected of [[expect.stringContaining('1 changes')], []]) {
      const log = fileLog({ folder });
      expect(await log.open()).toEqual(expected);
      await log.close();
    }
    expect(entriesIn(folder).at(-1)).toMatchObject({
      action: 'interrupted',
      change: 'two',
      facts: { action: 'enrol' },
    });
  });

  it('continues after a power failure with an outdated head', async () => {
    await withLog((log) => log.record(enrol));
    const old = readFileSync(join(folder, 'head.json'));
    await withLog((log) => log.record(enrol));
    writeFileSync(join(folder, 'head.json'), old);
    const log = fileLog({ folder });
    expect(await log.open()).toEqual([]);
    await log.close();
    expect(await verifyLog(fileSource(folder))).toMatchObject({ lines: 2, findings: [] });
  });

  it('records that its end was cut off', async () => {
    await withLog(async (log) => {
      for (let i = 0; i < 4; i++) await log.record(enrol);
    });
    const file = join(folder, logFiles(folder)[0]);
    const bytes = readFileSync(file);
    truncateSync(file, bytes.lastIndexOf('\n', bytes.length - 2) + 1);
    const log = fileLog({ folder });
    expect(await log.open()).toEqual([expect.stringContaining('rostro audit verify')]);
    await log.record(enrol);
    await log.close();
    const { findings } = await verifyLog(fileSource(folder));
    expect(findings).toMatchObject([{ kind: 'mismatch_on_record', line: 4 }]);
    expect(entriesIn(folder)[3]).toMatchObject({ action: 'head_mismatch', facts: { expected: 4, found: 3 } });
  });
});

describe('a disk that refuses writes', () => {
  it('fails with storage_failed, and the next line is valid', async () => {
    writeFileSync(folder, 'a file where the folder belongs');
    const log = fileLog({ folder });
    await expect(log.record(enrol)).rejects.toMatchObject({ code: 'storage_failed' });
    rmSync(folder);
    expect(await log.record(enrol)).toMatchObject({ line: 1 });
    await log.close();
    expect(await verifyLog(fileSource(folder))).toMatchObject({ lines: 1, findings: [] });
  });
});
