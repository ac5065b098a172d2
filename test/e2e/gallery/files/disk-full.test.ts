import { spawnSync } from 'node:child_process';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openNpyGallery } from '../../../../src/gallery/files/open-npy-gallery.js';
import {
  contentsOf,
  contract,
  exampleOf,
  filesIn,
  filesOf,
  numbered,
  put,
  removeTemporaryFolders,
  temporaryFolder,
} from '../../../helpers/gallery-fixture.js';

afterAll(removeTemporaryFolders);

function mount(folder: string, ...options: string[]): boolean {
  return spawnSync('mount', ['-t', 'tmpfs', ...options, 'tmpfs', folder]).status === 0;
}

function canMount(): boolean {
  const folder = temporaryFolder();
  return process.platform === 'linux' && mount(folder) && spawnSync('umount', [folder]).status === 0;
}

const mounts = canMount();
const needsMount = mounts ? '' : ' (skipped: needs the right to mount a small tmpfs)';

describe.skipIf(!mounts)('a disk of its own' + needsMount, () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = temporaryFolder();
    expect(mount(dataDir, '-o', 'size=512k')).toBe(true);
  });
  afterEach(() => {
    spawnSync('umount', [dataDir]);
  });

  it('that is full refuses a write in one sentence, keeps what it has, and works again with space', async () => {
    const { gallery } = await openNpyGallery({ dataDir, contract });
    await gallery.add('Ada', exampleOf(1));
    const before = filesIn(dataDir);
    const large = { ...exampleOf(2), crop: new Uint8Array(600 * 1024) };
    const refusal = {
      code: 'storage_failed',
      message: 'The gallery could not be written: there is no space left on the disk.',
    };
    await expect(gallery.add('Ada', large)).rejects.toMatchObject(refusal);
    await expect(gallery.add('Eve', large)).rejects.toMatchObject(refusal);
    expect(filesIn(dataDir)).toEqual(before);
    expect(await contentsOf(gallery)).toEqual({ Ada: numbered(1) });

    const filler = join(dataDir, 'filler');
    spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=4k']);
    await expect(gallery.add('Eve', exampleOf(3))).rejects.toMatchObject(refusal);
    rmSync(filler);
    await gallery.add('Eve', exampleOf(4));
    const again = await openNpyGallery({ dataDir, contract });
    expect(await contentsOf(again.gallery)).toEqual({ Ada: numbered(1), Eve: numbered(4) });
    expect(filesIn(dataDir)).toEqual(filesOf(again.gallery));
  });

  it('that turns read-only refuses writes, still reads, and works again afterwards', async () => {
    const { gallery } = await openNpyGallery({ dataDir, contract });
    await gallery.add('Ada', exampleOf(1));
    spawnSync('mount', ['-o', 'remount,ro', dataDir]);
    const refusal = { code: 'storage_failed', message: 'The gallery could not be written: the disk is read-only.' };
    await expect(gallery.add('Eve', exampleOf(2))).rejects.toMatchObject(refusal);
    await expect(gallery.removePerson('Ada')).rejects.toMatchObject(refusal);
    expect(await contentsOf((await openNpyGallery({ dataDir, contract })).gallery)).toEqual({ Ada: numbered(1) });
    spawnSync('mount', ['-o', 'remount,rw', dataDir]);
    await gallery.removePerson('Ada');
    expect(filesIn(dataDir)).toEqual(['embeddings/', 'uploads/']);
  });
});

it('a file where the crops’ folder should be refuses that person only, and only while it lies there', async () => {
  const dataDir = temporaryFolder();
  const { gallery } = await openNpyGallery({ dataDir, contract });
  put(dataDir, 'uploads/Ada', 'in the way');
  await expect(gallery.add('Ada', exampleOf(1))).rejects.toMatchObject({
    code: 'storage_failed',
    message: 'The gallery could not be written: something else lies where it belongs.',
    details: { systemCode: 'EEXIST' },
  });
  expect(filesIn(dataDir)).toEqual(['embeddings/', 'uploads/Ada']);
  await gallery.add('Eve', exampleOf(2));
  rmSync(join(dataDir, 'uploads/Ada'));
  await gallery.add('Ada', exampleOf(3));
  expect(await contentsOf(gallery)).toEqual({ Ada: numbered(3), Eve: numbered(2) });
  expect(filesIn(dataDir)).toEqual(filesOf(gallery));
});

it('an embeddings folder that vanished refuses writes in one sentence', async () => {
  const dataDir = temporaryFolder();
  const { gallery } = await openNpyGallery({ dataDir, contract });
  await gallery.add('Eve', exampleOf(2));
  renameSync(join(dataDir, 'embeddings'), join(dataDir, 'elsewhere'));
  writeFileSync(join(dataDir, 'embeddings'), '');
  const message = 'The gallery could not be written: a file lies where a folder is expected.';
  await expect(gallery.add('Ada', exampleOf(1))).rejects.toMatchObject({ code: 'storage_failed', message });
  await expect(gallery.removePerson('Eve')).rejects.toMatchObject({ code: 'storage_failed', message });
  expect(await contentsOf(gallery)).toEqual({ Eve: numbered(2) });
  rmSync(join(dataDir, 'embeddings'));
  renameSync(join(dataDir, 'elsewhere'), join(dataDir, 'embeddings'));
  await gallery.add('Ada', exampleOf(3));
  const again = await openNpyGallery({ dataDir, contract });
  expect(await contentsOf(again.gallery)).toEqual({ Ada: numbered(3), Eve: numbered(2) });
  expect(filesIn(dataDir)).toEqual(filesOf(again.gallery));
});
