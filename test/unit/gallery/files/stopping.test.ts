import { cpSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeFloatMatrix } from '../../../../src/shared/npy.js';
import type { Disk } from '../../../../src/gallery/files/disk.js';
import type { Gallery } from '../../../../src/gallery/gallery.js';
import { openNpyGallery } from '../../../../src/gallery/files/open-npy-gallery.js';
import { faultyDisk, stoppingAt, systemError } from '../../../helpers/faulty-disk.js';
import type { Fault } from '../../../helpers/faulty-disk.js';
import {
  contentsOf,
  contract,
  exampleOf,
  filesIn,
  negated,
  negativeOf,
  numbered,
  put,
  removeTemporaryFolders,
  said,
  temporaryFolder,
  vectorOf,
  wholePerson,
} from '../../../helpers/gallery-fixture.js';

/** A gallery of Ada with two examples and a negative, Eve with one, and Old of the original system with a crop. */
let prepared: string;

beforeAll(async () => {
  prepared = temporaryFolder();
  put(prepared, 'embeddings/Old.npy', writeFloatMatrix(vectorOf(4), 1, 4));
  put(prepared, 'uploads/Old.jpg', 'crop 4');
  const { gallery } = await openNpyGallery({ dataDir: prepared, contract });
  await gallery.add('Ada', exampleOf(1));
  await gallery.add('Ada', exampleOf(2));
  await gallery.add('Eve', exampleOf(3));
  await gallery.negatives.add('Ada', negativeOf(1.5));
});
afterAll(removeTemporaryFolders);

type Contents = Record<string, string[]>;
const NOT_ADA = negated(1.5);
const BEFORE: Contents = { Ada: [...numbered(1, 2), ...NOT_ADA], Eve: numbered(3), Old: numbered(4) };

interface Scenario {
  readonly title: string;
  readonly change: (gallery: Gallery) => Promise<unknown>;
  readonly after: Contents;
}

const first = (gallery: Gallery, name: string): string => gallery.person(name).examples[0].id;
const firstNegative = (gallery: Gallery): string => gallery.person('Ada').negatives![0].id;
const wholeNegative = (number: number) => ({
  ...negativeOf(number),
  id: `${number}`.padStart(16, '0'),
  addedAt: '2026-02-03T04:05:06.000Z',
});
const { Ada, Eve, Old } = BEFORE;
const DETAILS = { id: '7', metadata: { badge: [1, { since: null }] }, groups: ['night', 'staff'] };
const scenarios: Scenario[] = [
  {
    title: 'a person’s first example',
    change: (g) => g.add('New', exampleOf(9)),
    after: { ...BEFORE, New: numbered(9) },
  },
  {
    title: 'one more example',
    change: (g) => g.add('Ada', exampleOf(9)),
    after: { ...BEFORE, Ada: [...numbered(1, 2, 9), ...NOT_ADA] },
  },
  {
    title: 'one more beside an original row',
    change: (g) => g.add('Old', exampleOf(9)),
    after: { ...BEFORE, Old: numbered(4, 9) },
  },
  { title: 'a new name', change: (g) => g.rename('Ada', 'New'), after: { New: Ada, Eve, Old } },
  { title: 'a new name in another case', change: (g) => g.rename('Ada', 'ADA'), after: { ADA: Ada, Eve, Old } },
  { title: 'a new name for an original row', change: (g) => g.rename('Old', 'New'), after: { Ada, Eve, New: Old } },
  {
    title: 'an example less',
    change: (g) => g.removeExample('Ada', first(g, 'Ada')),
    after: { ...BEFORE, Ada: [...numbered(2), ...NOT_ADA] },
  },
  { title: 'the last example less', change: (g) => g.removeExample('Eve', first(g, 'Eve')), after: { Ada, Old } },
  {
    title: 'a description',
    change: (g) => g.describe('Ada', DETAILS),
    after: { ...BEFORE, Ada: [...said(DETAILS), ...Ada] },
  },
  {
    title: 'the first description of an original row',
    change: (g) => g.describe('Old', DETAILS),
    after: { ...BEFORE, Old: [...said(DETAILS), ...Old] },
  },
  {
    title: 'a first example with a description',
    change: (g) => g.add('New', exampleOf(9), DETAILS),
    after: { ...BEFORE, New: [...said(DETAILS), ...numbered(9)] },
  },
  {
    title: 'two becoming one',
    change: (g) => g.merge('Ada', 'Eve'),
    after: { Eve: [...numbered(3, 1, 2), ...NOT_ADA], Old },
  },
  { title: 'an original row joining', change: (g) => g.merge('Old', 'Eve'), after: { Ada, Eve: numbered(3, 4) } },
  { title: 'one joining an original row', change: (g) => g.merge('Eve', 'Old'), after: { Ada, Old: numbered(4, 3) } },
  {
    title: 'an example moving to another person',
    change: (g) => g.moveExample('Ada', first(g, 'Ada'), 'Eve'),
    after: { Ada: [...numbered(2), ...NOT_ADA], Eve: numbered(3, 1), Old },
  },
  {
    title: 'an example moving to an original row',
    change: (g) => g.moveExample('Ada', first(g, 'Ada'), 'Old'),
    after: { Ada: [...numbered(2), ...NOT_ADA], Eve, Old: numbered(4, 1) },
  },
  {
    title: 'putting a person',
    change: (g) => g.put(wholePerson('New', DETAILS, 8, 9)),
    after: { ...BEFORE, New: [...said(DETAILS), ...numbered(8, 9)] },
  },
  {
    title: 'a whole person in place of another',
    change: (g) => g.put(wholePerson('Ada', DETAILS, 2, 9)),
    after: { ...BEFORE, Ada: [...said(DETAILS), ...numbered(2, 9)] },
  },
  {
    title: 'a whole person in place of an original row',
    change: (g) => g.put(wholePerson('Old', DETAILS, 9)),
    after: { ...BEFORE, Old: [...said(DETAILS), ...numbered(9)] },
  },
  {
    title: 'one more negative',
    change: (g) => g.negatives.add('Ada', negativeOf(8)),
    after: { ...BEFORE, Ada: [...Ada, ...negated(8)] },
  },
  {
    title: 'the first negative of an original row',
    change: (g) => g.negatives.add('Old', negativeOf(8)),
    after: { ...BEFORE, Old: [...Old, ...negated(8)] },
  },
  {
    title: 'the last negative less',
    change: (g) => g.negatives.remove('Ada', firstNegative(g)),
    after: { ...BEFORE, Ada: numbered(1, 2) },
  },
  {
    title: 'another embedding of a negative',
    change: (g) => g.negatives.embed('Ada', firstNegative(g), vectorOf(7)),
    after: { ...BEFORE, Ada: [...numbered(1, 2), NOT_ADA[0].replace(/[^ ]+$/, vectorOf(7)[0].toFixed(4))] },
  },
  {
    title: 'a whole person with negatives in place of another',
    change: (g) => g.put({ ...wholePerson('Ada', DETAILS, 2), negatives: [wholeNegative(6), wholeNegative(7)] }),
    after: { ...BEFORE, Ada: [...said(DETAILS), ...numbered(2), ...negated(6, 7)] },
  },
  { title: 'a person less', change: (g) => g.removePerson('Ada'), after: { Eve, Old } },
  { title: 'an original person less', change: (g) => g.removePerson('Old'), after: { Ada, Eve } },
];

function copyOfPrepared(): string {
  const dataDir = temporaryFolder();
  cpSync(prepared, dataDir, { recursive: true });
  return dataDir;
}

async function open(dataDir: string, disk?: Disk): Promise<Gallery> {
  return (await openNpyGallery({ dataDir, contract, disk })).gallery;
}

/** Every file belongs to a person, and everything that a person has is there. */
function expectNoLeftovers(dataDir: string, gallery: Gallery): void {
  const photos = gallery.people().flatMap(({ examples, negatives = [] }) => [...examples, ...negatives]);
  const crops = photos.map(({ crop }) => crop!);
  const [uploads, embeddings] = ['uploads/', 'embeddings/'].map((folder) =>
    filesIn(dataDir).filter((file) => file.startsWith(folder)),
  );
  expect(uploads).toEqual(crops.sort());
  const stems = embeddings.filter((file) => file.endsWith('.npy')).map((file) => file.slice(0, -4));
  expect(stems).toHaveLength(gallery.people().length);
  const sidecars = embeddings.filter((file) => !file.endsWith('.npy'));
  expect(sidecars).toEqual(
    stems
      .filter((stem) => stem !== 'embeddings/Old' || sidecars.includes(`${stem}.json`))
      .map((stem) => `${stem}.json`),
  );
}

/** The steps that a change takes when nothing is in the way. */
async function stepsOf({ change }: Scenario): Promise<number> {
  let steps = 0;
  let counting = false;
  const disk = faultyDisk((_, act) => {
    if (counting) steps += 1;
    return act();
  });
  const gallery = await open(copyOfPrepared(), disk);
  counting = true;
  await change(gallery);
  return steps;
}

/** Runs the change with a fault that counts from the change's own first step. */
async function attempt(
  { change }: Scenario,
  fault: Fault,
): Promise<{ dataDir: string; gallery: Gallery; error: unknown }> {
  const dataDir = copyOfPrepared();
  let opening = true;
  let step = 0;
  const disk = faultyDisk((_, act, half) => (opening ? act() : fault(step++, act, half)));
  const gallery = await open(dataDir, disk);
  opening = false;
  const error = await change(gallery).then(
    () => null,
    (caught: unknown) => caught,
  );
  return { dataDir, gallery, error };
}

describe.each(scenarios)('the machine stops during $title', (scenario) => {
  it.each([
    ['between any two steps', false],
    ['in the middle of any step', true],
  ])('%s', async (_, halfDone) => {
    const steps = await stepsOf(scenario);
    const outcomes: boolean[] = [];
    for (let stop = 0; stop < steps; stop++) {
      const { dataDir, error } = await attempt(scenario, stoppingAt(stop, halfDone));
      const gallery = await open(dataDir);
      const contents = await contentsOf(gallery);
      const happened = JSON.stringify(contents) !== JSON.stringify(BEFORE);
      expect(contents, `stopped at step ${stop}`).toEqual(happened ? scenario.after : BEFORE);
      if (error === null) expect(happened).toBe(true);
      expectNoLeftovers(dataDir, gallery);
      outcomes.push(happened);
    }
    expect(outcomes[0]).toBe(false);
    expect(outcomes.at(-1)).toBe(true);
    expect(outcomes).toEqual([...outcomes].sort((a, b) => Number(a) - Number(b)));
  });

  it('and again at any step of the recovery', async () => {
    const steps = await stepsOf(scenario);
    for (let stop = 2; stop < steps; stop += 3) {
      for (const second of [2, 3, 4, 5, 7, 9]) {
        const { dataDir } = await attempt(scenario, stoppingAt(stop, true));
        await open(dataDir, faultyDisk(stoppingAt(second, true))).catch(() => undefined);
        const gallery = await open(dataDir);
        expect([BEFORE, scenario.after]).toContainEqual(await contentsOf(gallery));
        expectNoLeftovers(dataDir, gallery);
      }
    }
  });
});

describe.each(scenarios)('the disk fails during $title', (scenario) => {
  it('once, at any step: all or nothing, and the next write works', async () => {
    const steps = await stepsOf(scenario);
    const before = filesIn(prepared);
    let refusals = 0;
    for (let broken = 0; broken < steps; broken++) {
      const { dataDir, gallery, error } = await attempt(scenario, async (step, act, half) => {
        if (step !== broken) return act();
        await half();
        throw systemError('ENOSPC');
      });
      if (error !== null) {
        refusals += 1;
        const message = 'The gallery could not be written: there is no space left on the disk.';
        expect(error).toMatchObject({ code: 'storage_failed', message, details: { systemCode: 'ENOSPC' } });
        expect(filesIn(dataDir)).toEqual(before);
      }
      const expected = error === null ? scenario.after : BEFORE;
      expect(await contentsOf(gallery), `failed at step ${broken}`).toEqual(expected);
      await gallery.add('Next', exampleOf(7));
      expect(await contentsOf(gallery)).toEqual({ ...expected, Next: numbered(7) });
      const reopened = await open(dataDir);
      expect(reopened.people()).toEqual(gallery.people());
      expectNoLeftovers(dataDir, reopened);
    }
    expect(refusals).toBeGreaterThan(0);
  });

  it('from any step on, until it is mended: memory and disk agree after the next write', async () => {
    const steps = await stepsOf(scenario);
    for (let broken = 0; broken < steps; broken++) {
      let mended = false;
      const { dataDir, gallery, error } = await attempt(scenario, async (step, act, half) => {
        if (step < broken || mended) return act();
        if (step === broken) await half();
        throw systemError('EIO');
      });
      const expected = error === null ? scenario.after : BEFORE;
      expect(await contentsOf(gallery), `failed from step ${broken}`).toEqual(expected);
      const refusal = {
        code: 'storage_failed',
        message: 'The gallery could not be written: the disk reports an error.',
      };
      if (error !== null) expect(error).toMatchObject(refusal);
      await expect(gallery.add('Next', exampleOf(7))).rejects.toMatchObject(refusal);
      mended = true;
      await gallery.add('Next', exampleOf(8));
      const reopened = await open(dataDir);
      expect(reopened.people()).toEqual(gallery.people());
      expect([BEFORE, scenario.after].map((contents) => ({ ...contents, Next: numbered(8) }))).toContainEqual(
        await contentsOf(reopened),
      );
      expectNoLeftovers(dataDir, reopened);
    }
  });
});
