import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { plainVault } from '../../../src/gallery/sealing/vault.js';
import { FileSightings } from '../../../src/history/files/file-sightings.js';
import type { SightingStore } from '../../../src/history/sighting-store.js';
import { JOIN_SHARE, Strangers, type StrangersParts } from '../../../src/history/strangers.js';
import { RostroError } from '../../../src/shared/errors.js';
import { removeTemporaryFolders, temporaryFolder } from '../../helpers/gallery-fixture.js';
import { memoryLogger } from '../../helpers/log.js';
import { changeOf, minutesAfter, sightingOf } from '../../helpers/sightings.js';

afterAll(removeTemporaryFolders);

/** The distance within which sightings join, as {@link vector} has it. */
const REACH = 0.5;
const contract = { id: 'net-1', threshold: REACH / JOIN_SHARE };
const crop = new Uint8Array(9);

let stateDir: string;
let store: SightingStore;
let minute: number;
let logged: string[];
beforeEach(() => {
  stateDir = join(temporaryFolder(), '.state');
  store = new FileSightings(stateDir, plainVault);
  minute = 0;
  logged = [];
});

interface Options {
  readonly of?: StrangersParts['contract'];
  readonly threshold?: number;
  readonly at?: StrangersParts['store'];
}

function open({ of = contract, threshold = 2, at = store }: Options = {}): Strangers {
  return new Strangers({ store: at, contract: of, threshold: { current: () => threshold }, log: memoryLogger(logged) });
}

/** A point on a line: faces lie as far apart as their positions. */
const vector = (position: number) => Float32Array.of(1, position);

async function add(position: number | null, more: { quality?: number; camera?: string; contract?: string } = {}) {
  const { contract: made = 'net-1', ...given } = more;
  const sighting = sightingOf({ at: minutesAfter(minute++), ...given });
  const embedding = position === null ? null : { contract: made, vector: vector(position) };
  await store.add(sighting, { embedding, crop }, () => true);
  return sighting.id;
}

async function see(strangers: Strangers, position: number | null, more: Parameters<typeof add>[1] = {}) {
  const id = await add(position, more);
  await strangers.place(id);
  return id;
}

const strangerOf = async (id: string) => (await store.get(id))?.stranger;
const groups = async (...ids: string[]) => {
  const strangers = await Promise.all(ids.map(strangerOf));
  return strangers.map((one) => strangers.indexOf(one));
};
const codeOf = (work: Promise<unknown>) => work.then(String, (error: unknown) => (error as RostroError).code);

describe('strangers', () => {
  it('take a sighting within reach of their centre, and are new beyond it', async () => {
    const strangers = open();
    const ids = [0, 0.49, 0.7, 0.76, 3].map((position) => see(strangers, position));
    // The centre is at 0.245 after two, and at 0.397 after three.
    expect(await groups(...(await Promise.all(ids)))).toEqual([0, 0, 0, 0, 4]);
    const [near, far] = [await see(strangers, 3.5), await see(strangers, 3.76)];
    expect(await groups(near, far)).toEqual([0, 1]);
  });

  it('reach as far as one pair of strangers in 3,000,000, where the embedder has a table', async () => {
    // 0.1 nearer for ten times as many pairs: 0.652.
    const of = {
      ...contract,
      impostors: [
        [1000, 1],
        [10_000, 0.9],
      ] as const,
    };
    const strangers = open({ of });
    expect(await groups(await see(strangers, 0), await see(strangers, 0.65), await see(strangers, 4))).toEqual([
      0, 0, 2,
    ]);
    expect(await groups(await see(strangers, 4.66), await see(strangers, 9))).toEqual([0, 1]);
    expect((await strangers.list(9)).total).toBe(4);
  });

  it('are nearer than people: a smaller threshold in use counts', async () => {
    const strangers = open({ threshold: 0.2 });
    expect(await groups(await see(strangers, 0), await see(strangers, 0.25))).toEqual([0, 1]);
  });

  it('are merged when their centres meet', async () => {
    const strangers = open();
    const ids = [await see(strangers, 0), await see(strangers, 0.1), await see(strangers, 0.8)];
    expect(await groups(...ids)).toEqual([0, 0, 2]);
    ids.push(await see(strangers, 0.35));
    expect(await groups(...ids)).toEqual([0, 0, 2, 0]);
    ids.push(await see(strangers, 0.49));
    expect(await groups(...ids)).toEqual([0, 0, 0, 0, 0]);
  });

  it('keep what a user said: merged, moved out, or not a face', async () => {
    const strangers = open();
    const [here, there] = [await see(strangers, 0), await see(strangers, 9)];
    const [a, b] = [(await strangerOf(here))!, (await strangerOf(there))!];
    expect(await strangers.merge(b, a)).toBe(1);
    expect(await groups(here, there)).toEqual([0, 0]);
    const apart = await strangers.split(a, there);
    expect([apart === a, await strangerOf(there)]).toEqual([false, apart]);
    const twin = await see(strangers, 0.1);
    const out = await strangers.split(a, twin);
    const later = await see(strangers, 0.09);
    expect([await strangerOf(later), await strangerOf(here)]).toEqual([out, a]);
    expect(await strangers.hide(a)).toBe(1);
    const hidden = await see(strangers, -0.2);
    expect(await store.get(hidden)).toMatchObject({ mark: 'not_a_face', stranger: a, hasCrop: false });
    expect((await strangers.list(9)).strangers.map(({ id }) => id).sort()).toEqual([apart, out].sort());
    for (const work of [strangers.get(a), strangers.merge(a, out), strangers.hide(a), strangers.split(a, here)]) {
      expect(await codeOf(work)).toBe('stranger_not_found');
    }
    expect(await codeOf(strangers.split(out, here))).toBe('sighting_not_found');
  });

  it('are listed with those seen often first, in pages', async () => {
    const strangers = open();
    const often = [
      await see(strangers, 0, { quality: 0.2 }),
      await see(strangers, 0, { quality: 0.9, camera: 'yard' }),
    ];
    often.push(await see(strangers, 0, { quality: 0.5 }));
    const [once, last] = [await see(strangers, 5), await see(strangers, 10)];
    const first = await strangers.list(2);
    const [top] = first.strangers;
    expect(top).toMatchObject({ sightings: 3, suggested: true, cameras: ['door', 'yard'] });
    expect(top.best).toEqual([often[1], often[2], often[0]]);
    expect([first.total, first.strangers[1].id]).toEqual([3, await strangerOf(last)]);
    const rest = await strangers.list(2, first.next!);
    expect([rest.strangers.map(({ id }) => id), rest.next]).toEqual([[await strangerOf(once)], null]);
    expect((await strangers.similar(top.id, 2)).map(({ id }) => id)).toEqual([
      await strangerOf(once),
      await strangerOf(last),
    ]);
  });

  it('go on after a restart, with what was not compared before it', async () => {
    const before = open();
    const known = await see(before, 0);
    const [waiting, blind, other] = [await add(0.1), await add(null), await add(0, { contract: 'net-2' })];
    store = new FileSightings(stateDir, plainVault);
    const strangers = open();
    await strangers.start();
    expect(await groups(known, waiting, blind, other)).toEqual([0, 0, 2, 3]);
    await strangers.close();
    expect(logged).toEqual([]);
  });

  it('follow what others change: erased, named, moved', async () => {
    const strangers = open();
    const ids = [await see(strangers, 0), await see(strangers, 0.4), await see(strangers, 9)];
    await store.removeOne(ids[0]);
    await store.assign(ids[2], 'Ada', () => true);
    // Without the first, the centre is at 0.4.
    expect(await groups(ids[1], await see(strangers, 0.85))).toEqual([0, 0]);
    await strangers.place(ids[2]);
    expect(await strangerOf(ids[2])).toBeNull();
    await store.assign(ids[2], null, () => true);
    await strangers.place(ids[2]);
    expect(await strangerOf(ids[2])).toMatch(/^[0-9a-f]{16}$/);
  });

  it('compare a sighting again whose face is better now, while it is alone', async () => {
    const strangers = open();
    const [one, two] = [await see(strangers, 0), await see(strangers, 2)];
    const sighting = changeOf((await store.get(two))!);
    await store.update(two, sighting, { embedding: { contract: 'net-1', vector: vector(0.1) }, crop });
    await strangers.place(two);
    expect(await groups(one, two)).toEqual([0, 0]);
    await store.update(two, sighting, { embedding: { contract: 'net-1', vector: vector(5) }, crop });
    await strangers.place(two);
    expect(await groups(one, two)).toEqual([0, 0]);
  });

  it('say in the log when they cannot be compared at the start', async () => {
    const failing = { ...store, strangers: () => Promise.reject(new RostroError('storage_failed', 'full')) };
    await open({ at: failing }).start();
    expect(logged.join()).toContain('storage_failed');
  });
});
