import { rename } from 'node:fs/promises';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterAll, expect, it } from 'vitest';
import { auditTrail } from '../../../src/app/state-stores.js';
import { openNpyGallery } from '../../../src/gallery/files/open-npy-gallery.js';
import type { Gallery } from '../../../src/gallery/gallery.js';
import { EmptySubjectsFile } from '../../../src/plugins/compreface/empty-subjects.js';
import { zipOf } from '../../../src/shared/archive/zip.js';
import { BackupExporter } from '../../../src/transfer/backup/backup.js';
import { OpenBackup } from '../../../src/transfer/backup/open-backup.js';
import { restoreBackup } from '../../../src/transfer/backup/restore.js';
import { comparePeople, migratePeople } from '../../../src/transfer/migration.js';
import { attendanceOver } from '../../helpers/attendance-store-contract.js';
import { contract, exampleOf, removeTemporaryFolders, temporaryFolder } from '../../helpers/gallery-fixture.js';

const LOST = 'Jos\ufffd';

afterAll(removeTemporaryFolders);

const galleryIn = async (dataDir: string): Promise<Gallery> => (await openNpyGallery({ dataDir, contract })).gallery;
const names = (gallery: Gallery) => gallery.people().map(({ name }) => name);

/** A gallery of an earlier version. */
async function oldGallery(): Promise<Gallery> {
  const gallery = await galleryIn(temporaryFolder());
  for (const [i, name] of ['Ada', LOST].entries()) await gallery.add(name, exampleOf(i));
  return gallery;
}

it('opens with names that have lost characters, and copies the others', async () => {
  const dataDir = temporaryFolder();
  const gallery = await galleryIn(dataDir);
  await gallery.add(LOST, exampleOf(1));
  await gallery.close();
  const again = await galleryIn(dataDir);
  expect(names(again)).toEqual([LOST]);
  await again.add('Ada', exampleOf(2));
  const to = await galleryIn(temporaryFolder());
  const report = await migratePeople({ from: again, to, replace: false });
  expect(report).toMatchObject({ copied: 1, conflicts: [], lostNames: [LOST] });
  expect(names(to)).toEqual(['Ada']);
  expect((await comparePeople(again, to)).different).toEqual([LOST]);
});

it('restores the others of a backup, and tells who was left out', async () => {
  const gallery = await oldGallery();
  const subjects = new EmptySubjectsFile(temporaryFolder());
  for (const name of ['Empty', LOST]) await subjects.add({ name, group: null });
  const trail = auditTrail(temporaryFolder(), false);
  const backup = await new BackupExporter({
    gallery,
    pluginData: [subjects],
    trail,
    contract,
    attendance: attendanceOver(gallery),
  }).begin();
  const file = join(temporaryFolder(), 'backup.zip');
  await pipeline(zipOf(backup.files), createWriteStream(file));
  const target = await galleryIn(temporaryFolder());
  const restored = new EmptySubjectsFile(temporaryFolder());
  const parts = { gallery: target, attendance: attendanceOver(target), pluginData: [restored], contract };
  const options = { ...parts, replace: false, reembed: null };
  const report = await restoreBackup(await OpenBackup.open(file), options);
  expect(report).toMatchObject({ people: 2, added: 1, lostNames: [LOST], complete: true });
  expect(names(target)).toEqual(['Ada']);
  expect(await restored.all()).toEqual([{ name: 'Empty', group: null }]);
});

it('works with files whose names another system has decomposed', async () => {
  const dataDir = temporaryFolder();
  const gallery = await galleryIn(dataDir);
  await gallery.add('José', exampleOf(1));
  await gallery.close();
  for (const path of ['embeddings/José.npy', 'embeddings/José.json', 'uploads/José']) {
    await rename(join(dataDir, path), join(dataDir, path.normalize('NFD')));
  }
  const { gallery: again, report } = await openNpyGallery({ dataDir, contract });
  expect(names(again)).toEqual(['José']);
  expect(report.missingCrops).toEqual([]);
  const [{ id }] = again.person('José').examples;
  expect(Buffer.from(await again.crop('José', id)).toString()).toBe('crop 1');
  await again.add('José', exampleOf(2));
  expect(again.person('José').examples).toHaveLength(2);
  await again.removePerson('José');
  expect(names(await galleryIn(dataDir))).toEqual([]);
});
