import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { plainVault } from '../../../src/gallery/sealing/vault.js';
import { FileSightings } from '../../../src/history/files/file-sightings.js';
import { History, type HistoryParts } from '../../../src/history/history.js';
import type { SightingStore } from '../../../src/history/sighting-store.js';
import { RostroError } from '../../../src/shared/errors.js';
import { removeTemporaryFolders, temporaryFolder } from '../../helpers/gallery-fixture.js';
import { memoryLogger } from '../../helpers/log.js';
import { changeOf, daysAfter, faceOf, NOON, sightingOf } from '../../helpers/sightings.js';

afterAll(removeTemporaryFolders);

let stateDir: string;
let logged: string[];
beforeEach(() => {
  stateDir = join(temporaryFolder(), '.state');
  logged = [];
});

const people = [{ name: 'Ada' }];
const gallery = { people: () => people, person: () => people[0] } as never;
const inFiles = (): SightingStore => new FileSightings(stateDir, plainVault);
const makeFace = () => Promise.resolve(faceOf());

const nothing = () => Promise.resolve();
const noStrangers: HistoryParts['strangers'] = { start: nothing, place: nothing, close: nothing };

function open(days: number, { now = NOON, store = inFiles(), strangerDays = 36_500, strangers = noStrangers } = {}) {
  const log = memoryLogger(logged);
  return new History({ store, days, strangerDays, strangers, gallery, log, now: () => now });
}

async function fill(history: History): Promise<void> {
  for (const day of [0, 5, 10]) history.begin(sightingOf({ at: daysAfter(day) }), makeFace);
  await history.idle();
}

const countOf = async ({ store }: History) => (await store.summary()).count;

describe('the history', () => {
  it('records nothing where it is off', async () => {
    const history = open(0);
    await fill(history);
    history.change('x', changeOf(sightingOf()), null);
    expect([history.isOn, await countOf(history), logged]).toEqual([false, 0, []]);
  });

  it('erases at the start what is older than the limit, also a smaller one than before, and everything when off', async () => {
    await fill(open(30));
    const counts: number[] = [];
    for (const [days, day] of [
      [30, 29.9],
      [30, 30.1],
      [5, 10],
      [0, 10],
    ]) {
      const history = open(days, { now: daysAfter(day) });
      await history.start();
      counts.push(await countOf(history));
      await history.close();
    }
    expect(counts).toEqual([3, 2, 2, 0]);
    expect(logged.filter((line) => line.includes('too old'))).toHaveLength(2);
  });

  it('erases strangers earlier, also where it is off, and never keeps them longer than people', async () => {
    const [ada, stranger] = [sightingOf({ person: 'Ada' }), sightingOf()];
    for (const sighting of [ada, stranger]) await inFiles().add(sighting, faceOf(), () => true);
    const counts: number[] = [];
    for (const day of [1.9, 2.1]) {
      const history = open(30, { strangerDays: 2, now: daysAfter(day) });
      await history.prune();
      counts.push(await countOf(history));
    }
    expect([counts, await inFiles().get(stranger.id)]).toEqual([[2, 1], null]);
    expect([open(1, { strangerDays: 2 }).strangerDays, open(30, { strangerDays: 2 }).strangerDays]).toEqual([1, 2]);
  });

  it('compares a stranger when they are recorded, and again with a better face', async () => {
    const placed: string[] = [];
    const place = (id: string) => {
      placed.push(id);
      return Promise.resolve();
    };
    const strangers = { ...noStrangers, place };
    const history = open(30, { strangers });
    const [ada, stranger] = [sightingOf({ person: 'Ada' }), sightingOf()];
    for (const one of [ada, stranger]) history.begin(one, makeFace);
    history.change(stranger.id, changeOf(stranger), null);
    history.change(stranger.id, changeOf(stranger), makeFace);
    await history.idle();
    expect(placed).toEqual([stranger.id, stranger.id]);
  });

  it('follows another limit at once, and counts before what it would erase', async () => {
    const history = open(30, { now: daysAfter(10) });
    await fill(history);
    expect(await Promise.all([30, 8, 3, 0].map((days) => history.countOlder(days)))).toEqual([0, 1, 2, 3]);
    await history.setDays(8);
    expect([history.days, await countOf(history)]).toEqual([8, 2]);
    history.begin(sightingOf({ at: daysAfter(10) }), makeFace);
    await history.setDays(0);
    expect([history.isOn, await countOf(history)]).toEqual([false, 0]);
    await history.setDays(30);
    await fill(history);
    expect(await countOf(history)).toBe(3);
  });

  it('erases everything when it is switched off, what other servers keep too, and tries again', async () => {
    let fails = true;
    const store = Object.assign(inFiles(), {
      // As the database, which keeps with 0 days what a server with more has recorded.
      prune: () => Promise.resolve(0),
    });
    const remove = store.remove.bind(store);
    store.remove = (filter) => (fails ? Promise.reject(new RostroError('database_unreachable', '')) : remove(filter));
    const history = open(30, { store });
    await fill(history);
    await history.setDays(0);
    expect(await countOf(history)).toBe(3);
    fails = false;
    expect([await history.prune(), await countOf(history)]).toEqual([3, 0]);
    await fill(open(30, { store }));
    expect([await history.prune(), await countOf(history)]).toEqual([0, 3]);
  });

  it('keeps what changes, and drops what belongs to another sighting', async () => {
    const history = open(30);
    const [kept, dropped] = [sightingOf({ person: 'Ada' }), sightingOf()];
    history.begin(kept, makeFace);
    history.begin(dropped, makeFace);
    history.change(kept.id, { ...changeOf(kept), looks: 9 }, makeFace);
    history.discard(dropped.id);
    history.begin(sightingOf({ person: 'Somebody who is not enrolled' }), makeFace);
    await history.close();
    expect(await inFiles().list({}, { limit: 9 })).toEqual([
      { ...kept, looks: 9, hasCrop: true, stranger: null, mark: null },
    ]);
  });

  it('logs what cannot be written, without names, and drops what comes too fast', async () => {
    const add = () => Promise.reject(new RostroError('storage_failed', 'Ada is on a full disk'));
    const history = open(30, { store: { add } as unknown as SightingStore });
    for (let i = 0; i < 1001; i++) history.begin(sightingOf(), makeFace);
    await history.idle();
    expect(logged).toHaveLength(1001);
    expect([logged[0], logged[1]].map((line) => /"code":"(\w+)"/.exec(line)?.[1])).toEqual(['busy', 'storage_failed']);
    expect(logged.join()).not.toContain('Ada');
  });
});
