import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Database } from '../../../src/gallery/postgres/database.js';
import { openDatabase } from '../../../src/gallery/postgres/migrate.js';
import {
  type AppliedCalibration,
  CalibrationFile,
  CalibrationTable,
} from '../../../src/matching/thresholds/applied-calibration.js';
import { GalleryThreshold } from '../../../src/matching/thresholds/threshold-source.js';
import { startPglite, type TestPglite } from '../../helpers/pglite.js';

const contract = { id: 'an-embedder', name: 'face-api', threshold: 0.6 };
const applied: AppliedCalibration = {
  version: 1,
  contract: contract.id,
  threshold: 0.71,
  far: 0.01,
  people: 40,
  appliedAt: '2026-11-29T12:00:00.000Z',
};

let folder: string;
let postgres: TestPglite;
let database: Database;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rostro-calibrations-'));
  postgres = await startPglite();
  database = await openDatabase(postgres.url);
});
afterAll(async () => {
  await database.close();
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
});

function serverWith(file: CalibrationFile): Promise<GalleryThreshold> {
  const gallery = { version: 0, people: () => [] };
  const measure = () => Promise.reject(new Error('not measured'));
  const store = new CalibrationTable(database, file);
  return GalleryThreshold.open({ gallery, contract, store, measure, setting: undefined, far: 0.01 });
}

it('shares the stored threshold among the servers of a database; before, the file of each counts', async () => {
  const file = new CalibrationFile(join(folder, 'one'));
  await file.save({ ...applied, threshold: 0.9 });
  const one = await serverWith(file);
  const other = await serverWith(new CalibrationFile(join(folder, 'other')));
  expect([one.current(), other.current()]).toEqual([0.9, 0.6]);
  await other.apply(applied);
  await one.reload();
  expect(one.inUse).toEqual({ value: 0.71, source: 'calibrated', applied });
  await one.apply({ ...applied, threshold: 0.5, far: null });
  await other.reload();
  expect(other.inUse).toMatchObject({ value: 0.5, applied: { far: null } });
  await one.reset();
  await other.reload();
  expect([one.inUse, other.inUse]).toMatchObject([
    { value: 0.6, source: 'default' },
    { value: 0.6, source: 'default' },
  ]);
});

it('keeps the embedders apart', async () => {
  const store = new CalibrationTable(database, new CalibrationFile(join(folder, 'other')));
  expect(await store.load('another')).toBeNull();
});
