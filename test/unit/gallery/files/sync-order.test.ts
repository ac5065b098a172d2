import { basename, relative } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { nodeDisk } from '../../../../src/gallery/files/disk.js';
import type { Disk } from '../../../../src/gallery/files/disk.js';
import { openNpyGallery } from '../../../../src/gallery/files/open-npy-gallery.js';
import { contract, exampleOf, removeTemporaryFolders, temporaryFolder } from '../../../helpers/gallery-fixture.js';

afterEach(removeTemporaryFolders);

it('a first example is whole and synced before the one step that counts, and that step before the answer', async () => {
  const dataDir = temporaryFolder();
  const steps: string[] = [];
  const note = (what: string, path: string): void => {
    const shown = relative(dataDir, path).replace(/[0-9a-f]{16}/, '#');
    steps.push(`${what} ${shown}`);
  };
  const disk: Disk = {
    ...nodeDisk,
    writeNew: (path, bytes) => (note('write', path), nodeDisk.writeNew(path, bytes)),
    rename: (from, to) => (
      note(`move ${basename(from).replace(/[0-9a-f]{16}/, '#')} to`, to),
      nodeDisk.rename(from, to)
    ),
    remove: (path) => (note('remove', path), nodeDisk.remove(path)),
    syncFolder: (folder) => (note('sync', folder), nodeDisk.syncFolder(folder)),
  };
  const { gallery } = await openNpyGallery({ dataDir, contract, disk });
  await gallery.add('Ada', exampleOf(1));
  const replaced = (path: string): string[] => [
    'write embeddings/.rostro-#.tmp',
    `move .rostro-#.tmp to ${path}`,
    'sync embeddings',
  ];
  expect(steps).toEqual([
    ...replaced('embeddings/.rostro-journal.json'),
    ...replaced('embeddings/Ada.json'),
    'write uploads/Ada/#.jpg',
    'sync uploads/Ada',
    'sync uploads',
    ...replaced('embeddings/Ada.npy'),
    'remove embeddings/.rostro-journal.json',
  ]);
});
