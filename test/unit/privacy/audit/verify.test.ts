import { mkdirSync, cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { auditFolder, auditTrail } from '../../../../src/app/state-stores.js';
import { fileLog } from '../../../../src/privacy/audit/audit-log.js';
import { fileSource } from '../../../../src/privacy/audit/file-lines.js';
import { verifyLog } from '../../../../src/privacy/audit/verify.js';
import { removeTemporaryFolders, temporaryFolder } from '../../../helpers/gallery-fixture.js';
import { logFiles, rewrite, sha256 } from '../../../helpers/audit-log.js';

const LINES = 12;

let folder: string;
beforeEach(async () => {
  folder = join(temporaryFolder(), 'audit');
  const log = fileLog({ folder, maxSegmentBytes: 700 });
  for (let i = 0; i < LINES; i++) await log.record({ action: 'enrol', outcome: 'done', facts: { number: i } });
  await log.close();
});
afterAll(removeTemporaryFolders);

const first = () => logFiles(folder)[0];
const last = () => logFiles(folder).at(-1)!;
const kinds = async () => (await verifyLog(fileSource(folder))).findings.map(({ kind }) => kind);

describe('verifying the audit log', () => {
  it('finds nothing in an unchanged log', async () => {
    expect(logFiles(folder).length).toBeGreaterThan(2);
    expect(await verifyLog(fileSource(folder))).toMatchObject({ lines: LINES, findings: [], tornLine: false });
  });

  it('finds one changed character at any position', async () => {
    const original = join(temporaryFolder(), 'original');
    cpSync(folder, original, { recursive: true });
    for (const file of logFiles(folder)) {
      const count = readFileSync(join(folder, file), 'utf8').split('\n').length - 1;
      for (let line = 0; line < count; line++) {
        rewrite(folder, file, (lines) =>
          lines.map((text, i) => (i === line ? text.replace(/"number":(\d)/, '"number":9$1') : text)),
        );
        expect((await verifyLog(fileSource(folder))).findings).toMatchObject([
          { kind: 'changed', file, line: line + 1 },
        ]);
        cpSync(original, folder, { recursive: true, force: true });
      }
    }
  });

  it('finds and names missing lines and files', async () => {
    rewrite(folder, first(), (lines) => lines.filter((_, i) => i !== 1));
    expect((await verifyLog(fileSource(folder))).findings).toMatchObject([
      { kind: 'missing', file: first(), line: 2, sentence: 'line 2 is missing before this one' },
    ]);
    rmSync(join(folder, first()));
    expect((await verifyLog(fileSource(folder))).findings).toMatchObject([{ kind: 'missing', line: 1 }]);
  });

  it('finds swapped and duplicate lines', async () => {
    rewrite(folder, first(), ([a, b, c, ...rest]) => [a, c, b, ...rest]);
    expect((await verifyLog(fileSource(folder))).findings).toMatchObject([
      { kind: 'out_of_order', file: first(), line: 3 },
    ]);
    rewrite(folder, first(), ([a, c, b, ...rest]) => [a, b, b, c, ...rest]);
    expect((await verifyLog(fileSource(folder))).findings).toMatchObject([{ kind: 'out_of_order', line: 3 }]);
  });

  it('finds that lines or files are missing at the end', async () => {
    rewrite(folder, last(), (lines) => lines.slice(0, -1));
    expect((await verifyLog(fileSource(folder))).findings).toMatchObject([
      { kind: 'cut_off', sentence: `the end is missing: lines ${LINES} to ${LINES}` },
    ]);
    rmSync(join(folder, last()));
    expect(await kinds()).toEqual(['cut_off']);
    for (const file of logFiles(folder)) rmSync(join(folder, file));
    expect(await kinds()).toEqual(['cut_off']);
  });

  it('finds a changed last line by the head, and reports a missing head', async () => {
    rewrite(folder, last(), (lines) => [...lines.slice(0, -1), lines.at(-1)!.replace('"number":', '"number":9')]);
    expect((await verifyLog(fileSource(folder))).findings).toMatchObject([{ kind: 'changed', file: last() }]);
    rmSync(join(folder, 'head.json'));
    expect(await kinds()).toEqual(['no_head']);
  });

  it('finds an unreadable line', async () => {
    rewrite(folder, first(), (lines) => lines.map((text, i) => (i === 1 ? '{"seq":2}' : text)));
    expect((await verifyLog(fileSource(folder))).findings).toMatchObject([
      { kind: 'unreadable', file: first(), line: 2 },
    ]);
  });

  it('finds a changed line number, and an incomplete line in the middle', async () => {
    rewrite(folder, first(), (lines) => lines.map((text, i) => (i === 1 ? text.replace('"seq":2', '"seq":7') : text)));
    expect((await verifyLog(fileSource(folder))).findings).toMatchObject([{ kind: 'changed', file: first(), line: 2 }]);
    rewrite(folder, first(), (lines) => lines.map((text, i) => (i === 1 ? text.replace('"seq":7', '"seq":2') : text)));
    const bytes = readFileSync(join(folder, first()));
    writeFileSync(join(folder, first()), bytes.subarray(0, bytes.length - 5));
    const { findings, tornLine } = await verifyLog(fileSource(folder));
    expect(findings.map(({ kind }) => kind)).toEqual(['unreadable', 'missing']);
    expect(tornLine).toBe(false);
  });

  it('detects a rewritten log only with an anchor', async () => {
    const noted = await verifyLog(fileSource(folder));
    let before = '0'.repeat(64);
    let count = 0;
    for (const file of logFiles(folder)) {
      rewrite(folder, file, (lines) =>
        lines.map((text) => {
          const entry = { ...(JSON.parse(text) as object), actor: { kind: 'key', id: 'somebody-else' }, prev: before };
          const forged = JSON.stringify(entry);
          [before, count] = [sha256(forged), count + 1];
          return forged;
        }),
      );
    }
    writeFileSync(join(folder, 'head.json'), JSON.stringify({ lines: count, hash: before }));
    expect(await kinds()).toEqual([]);
    const { findings } = await verifyLog(fileSource(folder), [{ line: noted.lines, hash: noted.hash }]);
    expect(findings).toMatchObject([
      { kind: 'not_as_anchored', sentence: expect.stringContaining(`line ${LINES}`) as string },
    ]);
  });
});

describe('the mark beside the people', () => {
  let stateDir: string;
  beforeEach(() => {
    const dataDir = temporaryFolder();
    stateDir = join(dataDir, '.state');
    mkdirSync(join(dataDir, 'embeddings'));
  });
  const record = async (count: number) => {
    const { log } = auditTrail(stateDir, true);
    for (let i = 0; i < count; i++) await log!.record({ action: 'enrol', outcome: 'done' });
    const notices = await log!.open();
    await log!.close();
    return notices;
  };
  const verify = () => verifyLog(auditTrail(stateDir, false).lines);

  it.each(['audit', '.'])(
    'shows that %s was deleted from .state, and the next start puts that on record',
    async (what) => {
      await record(5);
      expect(await verify()).toMatchObject({ lines: 5, findings: [] });
      rmSync(join(stateDir, what), { recursive: true });
      expect(await verify()).toMatchObject({ lines: 0, findings: [{ kind: 'cut_off' }] });
      expect(await record(0)).toEqual([expect.stringContaining('not as it was left')]);
      expect(await verify()).toMatchObject({ lines: 1, findings: [{ kind: 'mismatch_on_record' }] });
    },
  );

  it('shows that the log and its head were written anew', async () => {
    await record(5);
    rmSync(auditFolder(stateDir), { recursive: true });
    const forger = fileLog({ folder: auditFolder(stateDir) });
    for (let i = 0; i < 6; i++) await forger.record({ action: 'rename', outcome: 'done' });
    await forger.close();
    expect((await verify()).findings).toMatchObject([{ kind: 'not_as_anchored' }]);
  });

  it('finds nothing after a crash, and where a server without a log never had one', async () => {
    expect(await verify()).toMatchObject({ lines: 0, findings: [] });
    const { log } = auditTrail(stateDir, true);
    for (let i = 0; i < 3; i++) await log!.record({ action: 'enrol', outcome: 'done' });
    expect(await verify()).toMatchObject({ lines: 3, findings: [] });
    expect(await record(2)).toEqual([]);
    expect(await verify()).toMatchObject({ lines: 5, findings: [] });
    await log!.close();
  });
});
