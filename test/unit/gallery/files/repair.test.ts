import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { Pipeline } from '../../../../src/faces/pipeline/pipeline.js';
import { nodeDisk } from '../../../../src/gallery/files/disk.js';
import { openNpyGallery } from '../../../../src/gallery/files/open-npy-gallery.js';
import { repairPeople } from '../../../../src/gallery/files/repair.js';
import {
  contentsOf,
  contract,
  exampleOf,
  negated,
  negativeOf,
  numbered,
  removeTemporaryFolders,
  temporaryFolder,
  vectorOf,
} from '../../../helpers/gallery-fixture.js';

afterEach(removeTemporaryFolders);

/** Reads the vector off the made-up crop. */
const pipeline = {
  run: (_method: string, { bytes }: { bytes: Uint8Array }) => {
    const embedding = vectorOf(Number(Buffer.from(bytes).toString().slice('crop '.length)));
    return Promise.resolve({ faces: [{ box: exampleOf(0).details.boxInCrop, confidence: 1, embedding }] });
  },
} as unknown as Pick<Pipeline, 'run'>;

it.each([
  ['with their description', false],
  ['without their description', true],
])('never enrols a negative of a damaged person, %s', async (_, isLost) => {
  const dataDir = temporaryFolder();
  const { gallery } = await openNpyGallery({ dataDir, contract });
  await gallery.add('Ada', exampleOf(1));
  await gallery.negatives.add('Ada', negativeOf(2));
  writeFileSync(join(dataDir, 'embeddings/Ada.npy'), 'no matrix');
  if (isLost) rmSync(join(dataDir, 'embeddings/Ada.json'));
  const { gallery: opened } = await openNpyGallery({ dataDir, contract });
  expect(opened.people()).toEqual([]);
  const repaired = await repairPeople({ pipeline, gallery: opened, disk: nodeDisk, dataDir });
  expect(repaired).toEqual([{ name: 'Ada', examples: 1, missing: null }]);
  expect(await contentsOf(opened)).toEqual({ Ada: [...numbered(1), ...negated(2)] });
  const { gallery: again, report } = await openNpyGallery({ dataDir, contract });
  expect(again.people()).toEqual(opened.people());
  expect(report.quarantined).toEqual([]);
});
