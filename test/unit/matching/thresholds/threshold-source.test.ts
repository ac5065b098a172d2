import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Calibration } from '../../../../src/matching/thresholds/calibration.js';
import { type AppliedCalibration, CalibrationFile } from '../../../../src/matching/thresholds/applied-calibration.js';
import type { ImpostorTable } from '../../../../src/matching/thresholds/impostors.js';
import {
  fixedThreshold,
  GalleryThreshold,
  type GalleryThresholdParts,
} from '../../../../src/matching/thresholds/threshold-source.js';

const impostors: ImpostorTable = [
  [10, 1.25],
  [100, 1.15],
  [1000, 1.05],
  [10_000, 0.95],
];
const plain = { id: 'an-embedder', name: 'face-api', threshold: 0.6 };
const withTable = { ...plain, impostors, thresholdFollowsGallery: true };
const applied: AppliedCalibration = {
  version: 1,
  contract: plain.id,
  threshold: 0.7,
  far: 0.01,
  people: 40,
  appliedAt: '2026-11-29T12:00:00.000Z',
};

let stateDir: string;
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'rostro-threshold-'));
});
afterEach(() => rm(stateDir, { recursive: true, force: true }));

/** A gallery of so many people with one example each. */
function growing(people: number) {
  let read = 0;
  return {
    version: 1,
    count: people,
    get reads() {
      return read;
    },
    people() {
      read++;
      return Array.from({ length: this.count }, () => ({ examples: { length: 1 } }));
    },
    grow(more: number) {
      this.count += more;
      this.version++;
    },
  };
}

function open(parts: Partial<GalleryThresholdParts> = {}): Promise<GalleryThreshold> {
  const measure = () => Promise.reject(new Error('not measured'));
  const all = {
    gallery: growing(10),
    contract: withTable,
    store: new CalibrationFile(stateDir),
    setting: undefined,
    far: 0.01,
    measure,
  };
  return GalleryThreshold.open({ ...all, ...parts });
}

function calibrated(threshold: number, warnings: Calibration['warnings'] = []) {
  return () => Promise.resolve({ recommended: { threshold, far: 0.01, frr: 0, misnamed: 0 }, warnings });
}

describe('the source of the threshold', () => {
  it.each([
    ['THRESHOLD, before everything', { setting: 0.5 }, true, 0.5, 'set'],
    ['the stored calibration, before the impostor table', {}, true, 0.7, 'calibrated'],
    ['the impostor table', {}, false, 1.05, 'auto'],
    [
      'the impostor table where THRESHOLD=auto, also with a stored calibration',
      { setting: 'auto' },
      true,
      1.05,
      'auto',
    ],
    ['the embedder without a table', { contract: plain }, false, 0.6, 'default'],
    [
      'a table only where it is asked for',
      { contract: { ...withTable, thresholdFollowsGallery: false } },
      false,
      0.6,
      'default',
    ],
    ['no table of one row', { contract: { ...withTable, impostors: impostors.slice(0, 1) } }, false, 0.6, 'default'],
  ] as const)('is %s', async (_which, parts, isCalibrated, value, source) => {
    if (isCalibrated) await new CalibrationFile(stateDir).save(applied);
    const { inUse } = await open(parts);
    expect(inUse.source).toBe(source);
    expect(inUse.value).toBeCloseTo(value, 2);
  });

  it('is no calibration of another embedder', async () => {
    await new CalibrationFile(stateDir).save({ ...applied, contract: 'another' });
    expect((await open({ contract: plain })).inUse).toEqual({ value: 0.6, source: 'default', applied: null });
  });
});

describe('a threshold that follows the gallery', () => {
  it('falls while the gallery grows, and is computed once for each version', async () => {
    const gallery = growing(1);
    const threshold = await open({ gallery });
    expect(threshold.current()).toBeCloseTo(1.15, 2);
    for (let i = 0; i < 100; i++) threshold.current();
    expect(gallery.reads).toBe(1);
    gallery.grow(9);
    expect(threshold.current()).toBeCloseTo(1.05, 2);
    gallery.grow(90);
    expect(threshold.current()).toBeCloseTo(0.95, 2);
    expect(gallery.reads).toBe(3);
    expect(threshold.strangersNamed).toBeCloseTo(0.01, 3);
  });

  it('is rounded down to thousandths', async () => {
    const threshold = (await open({ gallery: growing(37) })).current();
    expect(threshold).toBe(Number(threshold.toFixed(3)));
  });

  it('is measured where there is no table and the gallery has enough people', async () => {
    const parts = { contract: plain, setting: 'auto' as const };
    const enough = await open({ ...parts, measure: calibrated(0.44, ['stand_ins', 'few_genuine']) });
    expect(enough.inUse.source).toBe('default');
    await enough.ready();
    expect(enough.inUse).toEqual({ value: 0.44, source: 'auto', applied: null });
    expect(enough.note).toBeNull();
    const small = await open({ ...parts, measure: calibrated(0.44, ['few_searches']) });
    await small.ready();
    expect(small.inUse).toEqual({ value: 0.6, source: 'default', applied: null });
    expect(small.note).toContain('its own threshold of 0.6 is in use');
    const unmeasurable = await open(parts);
    await unmeasurable.ready();
    expect(unmeasurable.inUse.source).toBe('default');
  });
});

describe('a stored calibration', () => {
  it('is in use at once, and a file that another process changes after the next look', async () => {
    const [one, other] = [await open(), await open()];
    expect(one.isSettable).toBe(true);
    await one.apply(applied);
    expect(one.inUse).toEqual({ value: 0.7, source: 'calibrated', applied });
    expect(other.inUse.source).toBe('auto');
    await other.reload();
    expect(other.inUse).toEqual({ value: 0.7, source: 'calibrated', applied });
    await rm(join(stateDir, 'calibration.json'));
    await other.reload();
    expect(other.inUse.source).toBe('auto');
  });

  it('changes nothing where THRESHOLD is set', async () => {
    const threshold = await open({ setting: 0.5 });
    expect(threshold.isSettable).toBe(false);
    await threshold.apply(applied);
    expect(threshold.current()).toBe(0.5);
  });
});

describe('the false-match rate', () => {
  it('is that of the gallery, to two digits; null without distance or table', async () => {
    const threshold = await open();
    expect(threshold.falseMatchRate(1.05, 1)).toBe(0.001);
    expect(threshold.falseMatchRate(1.05, 100)).toBe(0.095);
    expect(threshold.falseMatchRate(1.05, 0)).toBe(0.001);
    expect(threshold.falseMatchRate(null, 100)).toBeNull();
    expect(fixedThreshold(1).falseMatchRate(0.5, 10)).toBeNull();
    expect(fixedThreshold(1, impostors).falseMatchRate(1.15, 1)).toBe(0.01);
  });

  it('is told in a note where the own threshold of an embedder names many', async () => {
    const contract = { ...withTable, threshold: 1.1, thresholdFollowsGallery: false };
    expect((await open({ contract, gallery: growing(20) })).note).toBeNull();
    expect((await open({ contract, gallery: growing(100) })).note).toBe(
      'with 100 people, up to 27 % of strangers get a name at 1.1; THRESHOLD=auto would set it to 0.95 (1 %)',
    );
    expect((await open({ contract, gallery: growing(100), setting: 1.1 })).note).toBeNull();
    expect((await open({ contract: plain, gallery: growing(100) })).note).toBeNull();
  });
});
