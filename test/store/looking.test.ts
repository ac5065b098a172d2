import { afterEach, expect, it } from 'vitest';
import { openNpyGallery } from '../../src/store/open-npy-gallery.js';
import {
  contentsOf,
  contract,
  exampleOf,
  numbered,
  removeTemporaryFolders,
  temporaryFolder,
} from './gallery-fixture.js';

afterEach(removeTemporaryFolders);

it('who only looks while another writes sees whole people, and nothing odd', async () => {
  const dataDir = temporaryFolder();
  const { gallery } = await openNpyGallery({ dataDir, contract });
  for (let i = 0; i < 5; i++) await gallery.add(`Person ${i}`, exampleOf(i));
  let stopped = false;
  let changes = 0;
  const writing = (async () => {
    while (!(stopped as boolean)) {
      const name = `Person ${changes % 5}`;
      await gallery.add(name, exampleOf((changes % 5) + 100));
      await gallery.rename(name, 'Elsewhere');
      await gallery.removeExample('Elsewhere', gallery.person('Elsewhere').examples[1].id);
      await gallery.rename('Elsewhere', name);
      changes += 1;
    }
  })();
  const whole = (name: string): string[][] => {
    const numbers = name === 'Elsewhere' ? [0, 1, 2, 3, 4] : [Number(name.slice(-1))];
    return numbers.flatMap((number) => [numbered(number), numbered(number, number + 100)]);
  };
  try {
    for (let look = 0; look < 40; look++) {
      const { gallery: seen, report } = await openNpyGallery({ dataDir, contract, lock: null });
      expect(report).toMatchObject({ setAside: [], adopted: [], interruptedChange: 'nothing' });
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
