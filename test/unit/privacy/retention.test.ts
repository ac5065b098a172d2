import { readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { auditFolder, auditTrail } from '../../../src/app/state-stores.js';
import type { AuditTrail } from '../../../src/privacy/audit/trail.js';
import { writeFloatMatrix } from '../../../src/shared/npy.js';
import { AuditedGallery } from '../../../src/privacy/audited-gallery.js';
import { Erasure } from '../../../src/privacy/erasure.js';
import { Retention } from '../../../src/privacy/retention.js';
import { plainVault } from '../../../src/gallery/sealing/vault.js';
import { openNpyGallery } from '../../../src/gallery/files/open-npy-gallery.js';
import { entriesIn } from '../../helpers/audit-log.js';
import { memoryLogger } from '../../helpers/log.js';
import {
  contentsOf,
  contract,
  exampleOf,
  negated,
  negativeOf,
  numbered,
  put,
  removeTemporaryFolders,
  temporaryFolder,
  vectorOf,
} from '../../helpers/gallery-fixture.js';

const DAYS = 30;
const DAY_MS = 24 * 60 * 60 * 1000;

let dataDir: string;
let stateDir: string;
let gallery: AuditedGallery;
let trail: AuditTrail | undefined;
let nowMs: number;
let elapsedMs: number;
let logged: string[];
beforeEach(async () => {
  dataDir = temporaryFolder();
  stateDir = join(dataDir, '.state');
  [nowMs, elapsedMs, logged] = [Date.now(), 0, []];
  await openGallery();
});
afterEach(() => trail?.log?.close());
afterAll(removeTemporaryFolders);

async function openGallery(): Promise<void> {
  const { gallery: stored } = await openNpyGallery({ dataDir, contract });
  await trail?.log?.close();
  trail = auditTrail(stateDir, true);
  gallery = new AuditedGallery(stored, trail);
}

function open(days: number | null = DAYS): Promise<Retention> {
  const matching = { retrains: false };
  return Retention.open({
    gallery,
    stateDir,
    days,
    log: memoryLogger(logged),
    erasure: new Erasure({ gallery, matching, stateDir, vault: plainVault }),
    now: () => new Date(nowMs),
    elapsedMs: () => elapsedMs,
  });
}

function later(days: number): void {
  nowMs += days * DAY_MS;
  elapsedMs += days * DAY_MS;
}

const names = () => gallery.people().map(({ name, examples }) => `${name} ${examples.length}`);

describe('retention', () => {
  it('erases old examples, a person with the last one, and records it', async () => {
    await gallery.add('Ada', exampleOf(1));
    const retention = await open();
    later(DAYS - 1);
    expect(await retention.run()).toBe(0);
    vi.useFakeTimers({ now: nowMs, toFake: ['Date'] });
    await gallery.add('Ada', exampleOf(2));
    await gallery.add('Grace', exampleOf(3));
    vi.useRealTimers();
    later(2);
    expect(await retention.run()).toBe(1);
    expect(names()).toEqual(['Ada 1', 'Grace 1']);
    later(DAYS);
    expect(await retention.run()).toBe(2);
    expect(names()).toEqual([]);
    const erased = entriesIn(auditFolder(stateDir)).filter(({ action }) => action === 'erase_example');
    expect(erased).toHaveLength(6);
    for (const { actor } of erased) expect(actor).toEqual({ kind: 'server', task: 'retention' });
  });

  it('erases people when their last day is over, also without an age of examples', async () => {
    nowMs = Date.parse('2027-06-30T23:59:00Z');
    await gallery.add('Ada', exampleOf(1), { expires: '2027-06-30' });
    await gallery.add('Grace', exampleOf(2), { expires: '2027-07-02' });
    await gallery.add('Hedy', exampleOf(3));
    const retention = await open(null);
    expect(await retention.run()).toBe(0);
    nowMs += 60_000;
    expect(await retention.run()).toBe(1);
    expect(names()).toEqual(['Grace 1', 'Hedy 1']);
    later(2);
    expect(await retention.run()).toBe(1);
    expect(names()).toEqual(['Hedy 1']);
    const erased = entriesIn(auditFolder(stateDir)).filter(({ action }) => action === 'erase_person');
    expect(erased.map(({ outcome }) => outcome)).toEqual(['begun', 'done', 'begun', 'done']);
    for (const { actor } of erased) expect(actor).toEqual({ kind: 'server', task: 'retention' });
    expect(logged.join()).toContain('the last day of people was over: they are erased');
  });

  it('follows another age at once, and counts before what it would erase', async () => {
    await gallery.add('Ada', exampleOf(1));
    await gallery.add('Grace', exampleOf(2));
    const retention = await open();
    later(DAYS - 1);
    vi.useFakeTimers({ now: nowMs, toFake: ['Date'] });
    await gallery.add('Ada', exampleOf(3));
    vi.useRealTimers();
    expect(await retention.olderThan(DAYS)).toEqual({ examples: 0, people: 0 });
    expect(await retention.olderThan(10)).toEqual({ examples: 2, people: 1 });
    expect(await retention.olderThan(null)).toEqual({ examples: 0, people: 0 });
    retention.setDays(null);
    later(100);
    expect(await retention.run()).toBe(0);
    retention.setDays(110);
    await retention.close();
    expect(names()).toEqual(['Ada 1']);
  });

  it('erases old negatives of a person whose examples are newer', async () => {
    await gallery.add('Ada', exampleOf(1));
    await gallery.negatives.add('Ada', negativeOf(2));
    const retention = await open();
    later(DAYS - 1);
    vi.useFakeTimers({ now: nowMs, toFake: ['Date'] });
    await gallery.add('Ada', exampleOf(3));
    await gallery.negatives.add('Ada', negativeOf(4));
    vi.useRealTimers();
    expect(await retention.run()).toBe(0);
    later(2);
    expect(await retention.run()).toBe(2);
    expect(await contentsOf(gallery)).toEqual({ Ada: [...numbered(3), ...negated(4)] });
  });

  it('erases nothing early when the clock is set back, or far forward and back', async () => {
    await gallery.add('Ada', exampleOf(1));
    const retention = await open();
    for (const days of [0, -1000, 999, 1, DAYS - 1]) {
      nowMs += days * DAY_MS;
      expect(await retention.run()).toBe(0);
    }
    nowMs += 2 * DAY_MS;
    expect(await retention.run()).toBe(1);
  });

  it('keeps examples enrolled with a wrong clock for the full period', async () => {
    const retention = await open();
    await retention.run();
    vi.useFakeTimers({ now: 0, toFake: ['Date'] });
    await gallery.add('Ada', exampleOf(1));
    vi.useRealTimers();
    expect(gallery.person('Ada').examples[0].addedAt).toBe('1970-01-01T00:00:00.000Z');
    later(1 / 24);
    expect(await retention.run()).toBe(0);
    later(DAYS - 1);
    expect(await (await open()).run()).toBe(0);
    later(2);
    expect(await (await open()).run()).toBe(1);
  });

  it('uses the date of the file for rows without a date', async () => {
    put(dataDir, 'embeddings/Old.npy', writeFloatMatrix(vectorOf(1), 1, 4));
    const written = new Date(nowMs - 20 * DAY_MS);
    utimesSync(join(dataDir, 'embeddings/Old.npy'), written, written);
    await openGallery();
    expect(await (await open()).run()).toBe(0);
    await gallery.add('Old', exampleOf(2));
    later(9);
    expect(await (await open()).run()).toBe(0);
    later(2);
    expect(await (await open()).run()).toBe(1);
    expect(names()).toEqual(['Old 1']);
    expect(readFileSync(join(stateDir, 'retention.json'), 'utf8')).toContain('"since":{}');
  });

  it('runs at the start, logs the number, and does not keep the process alive', async () => {
    await gallery.add('Ada', exampleOf(1));
    later(DAYS + 1);
    const retention = await open();
    await retention.start();
    expect(names()).toEqual([]);
    expect(logged.map((line) => JSON.parse(line) as object)).toMatchObject([{ level: 'info', erased: 1, days: DAYS }]);
    await retention.close();
  });
});
