import { setTimeout } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { openNpyGallery } from '../../../../src/gallery/files/open-npy-gallery.js';
import {
  contentsOf,
  contract,
  exampleOf,
  numbered,
  removeTemporaryFolders,
  temporaryFolder,
} from '../../../helpers/gallery-fixture.js';

/** The temporary folder may be in memory; a disk takes longer for a change. */
const DISK_MS = 5;

afterEach(removeTemporaryFolders);

it('who only looks while another writes sees whole people, and nothing odd', async () => {
  const dataDir = temporaryFolder();
  const { gallery } = await openNpyGallery({ dataDir, contract });
  for (let i = 0; i < 5; i++) await gallery.add(`Person ${i}`, exampleOf(i));
  let stopped = false;
  let changes = 0;
  const writing = (async () => {
    const pause = () => setTimeout(DISK_MS);
    while (!(stopped as boolean)) {
      const name = `Person ${changes % 5}`;
      const elsewhere = `Elsewhere ${changes}`;
      await gallery.add(name, exampleOf((changes % 5) + 100));
      await pause();
      await gallery.rename(name, elsewhere);
      await pause();
      await gallery.removeExample(elsewhere, gallery.person(elsewhere).examples[1].id);
      await pause();
      await gallery.rename(elsewhere, name);
      await pause();
      changes += 1;
    }
  })();
  const whole = (name: string): string[][] => {
    const numbers = name.startsWith('Elsewhere') ? [0, 1, 2, 3, 4] : [Number(name.slice(-1))];
    return numbers.flatMap((number) => [numbered(number), numbered(number, number + 100)]);
  };
  try {
    for (let look = 0; look < 40; look++) {
      const { gallery: seen, report } = await openNpyGallery({ dataDir, contract, lock: null });
      expect(report).toMatchObject({ quarantined: [], adopted: [], interruptedChange: 'nothing' });
      expect(seen.people().length).toBeGreaterThanOrEqual(4);
      for (const { name, examples } of seen.embedded()) {
        const rows = examples.map(({ embedding }) => embedding[0].toFixed(4));
        expect(whole(name).map((lines) => lines.map((line) => line.split(', ')[1]))).toContainEqual(rows);
      }
    }
  } finally {
    stopped = true;
    await writing;
  }
  expect(changes).toBeGreaterThan(0);
  const after = Object.fromEntries([0, 1, 2, 3, 4].map((number) => [`Person ${number}`, numbered(number)]));
  expect(await contentsOf((await openNpyGallery({ dataDir, contract, lock: null })).gallery)).toEqual(after);
});
