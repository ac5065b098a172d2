import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { writeFloatMatrix } from '../../../../src/shared/npy.js';
import type { Disk } from '../../../../src/gallery/files/disk.js';
import { openNpyGallery } from '../../../../src/gallery/files/open-npy-gallery.js';
import { reembedNpyGallery } from '../../../../src/gallery/reembed/reembed.js';
import type { ReembedReport } from '../../../../src/gallery/reembed/reembed.js';
import { faultyDisk, stoppingAt } from '../../../helpers/faulty-disk.js';
import {
  contentsOf,
  contract,
  exampleOf,
  filesIn,
  numbered,
  otherContract,
  put,
  removeTemporaryFolders,
  temporaryFolder,
  vectorOf,
} from '../../../helpers/gallery-fixture.js';

afterEach(removeTemporaryFolders);

/** Ada with two examples, Eve with one, and Old of the original system with a crop. */
async function preparedFolder(): Promise<string> {
  const dataDir = temporaryFolder();
  put(dataDir, 'embeddings/Old.npy', writeFloatMatrix(vectorOf(4), 1, 4));
  put(dataDir, 'uploads/Old.jpg', 'crop 4');
  const { gallery } = await openNpyGallery({ dataDir, contract });
  for (const number of [1, 2]) await gallery.add('Ada', exampleOf(number));
  await gallery.add('Eve', exampleOf(3));
  return dataDir;
}

/** An embedder of the other contract that reads its vector off the made-up crop. */
async function reembed(dataDir: string, disk?: Disk): Promise<ReembedReport> {
  const embedCrop = (crop: Uint8Array): Promise<Float32Array> => {
    const number = Number(Buffer.from(crop).toString().slice('crop '.length));
    return Promise.resolve(vectorOf(number, otherContract.dimension));
  };
  return reembedNpyGallery({ dataDir, contract: otherContract, embedCrop, disk });
}

it('makes every row anew from its crop, and the gallery opens with the other embedder', async () => {
  const dataDir = await preparedFolder();
  const old = (await openNpyGallery({ dataDir, contract })).gallery.people();
  const { reembedded, unable } = await reembed(dataDir);
  expect({ reembedded: [...reembedded].sort(), unable }).toEqual({ reembedded: ['Ada', 'Eve', 'Old'], unable: [] });
  const { gallery } = await openNpyGallery({ dataDir, contract: otherContract });
  expect(await contentsOf(gallery)).toEqual({ Ada: numbered(1, 2), Eve: numbered(3), Old: numbered(4) });
  expect((await gallery.embeddedPerson('Ada')).examples[0].embedding).toEqual(vectorOf(1, 6));
  expect(gallery.person('Ada').examples[1]).toEqual({ ...old[0].examples[1], embedding: vectorOf(2, 6) });
  expect((await reembed(dataDir)).reembedded).toEqual([]);
});

it('leaves a person alone whose photo is gone', async () => {
  const dataDir = await preparedFolder();
  rmSync(join(dataDir, 'uploads/Ada'), { recursive: true });
  expect(await reembed(dataDir)).toMatchObject({ unable: ['Ada'] });
  await expect(openNpyGallery({ dataDir, contract: otherContract })).rejects.toMatchObject({
    code: 'gallery_contract_mismatch',
    details: { people: 1, storedContracts: [contract.id] },
  });
});

it('goes on where it was stopped, at any step', async () => {
  for (let stop = 0; ; stop++) {
    const dataDir = await preparedFolder();
    const files = filesIn(dataDir);
    const finished = await reembed(dataDir, faultyDisk(stoppingAt(stop, true))).then(
      () => true,
      () => false,
    );
    await reembed(dataDir);
    const { gallery } = await openNpyGallery({ dataDir, contract: otherContract });
    expect(await contentsOf(gallery)).toEqual({ Ada: numbered(1, 2), Eve: numbered(3), Old: numbered(4) });
    expect(filesIn(dataDir)).toEqual([...files, 'embeddings/Old.json'].sort());
    if (finished) break;
  }
});

it('tells how far it is', async () => {
  const dataDir = await preparedFolder();
  const told: string[] = [];
  const embedCrop = (): Promise<null> => Promise.resolve(null);
  const onPerson = (name: string, done: number, total: number): void => void told.push(`${name} ${done}/${total}`);
  const { unable } = await reembedNpyGallery({ dataDir, contract: otherContract, embedCrop, onPerson });
  expect(told).toEqual(unable.map((name, i) => `${name} ${i + 1}/3`));
});
