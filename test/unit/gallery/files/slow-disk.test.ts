import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openNpyGallery } from '../../../../src/gallery/files/open-npy-gallery.js';
import { faultyDisk } from '../../../helpers/faulty-disk.js';
import {
  contentsOf,
  contract,
  exampleOf,
  filesIn,
  filesOf,
  numbered,
  removeTemporaryFolders,
  temporaryFolder,
} from '../../../helpers/gallery-fixture.js';

afterEach(removeTemporaryFolders);

let dataDir: string;
beforeEach(() => {
  dataDir = temporaryFolder();
});

describe('a slow disk', () => {
  /** Every step takes a while, and another while each time, so that changes would overlap if they could. */
  const slow = faultyDisk(async (step, act) => {
    await new Promise((resolve) => setTimeout(resolve, (step * 7) % 20));
    return act();
  });

  it('delays writes but not reads, and keeps the order of writes', async () => {
    const { gallery } = await openNpyGallery({ dataDir, contract, disk: slow });
    await gallery.add('Ada', exampleOf(0));
    const finished: number[] = [];
    const adding = [1, 2, 3].map((number) => gallery.add('Ada', exampleOf(number)).then(() => finished.push(number)));
    const renaming = gallery.rename('Ada', 'Eve').then(() => finished.push(4));
    expect(gallery.person('Ada').examples).toHaveLength(1);
    expect(finished).toEqual([]);
    await Promise.all([...adding, renaming]);
    expect(finished).toEqual([1, 2, 3, 4]);
    const again = (await openNpyGallery({ dataDir, contract })).gallery;
    expect(await contentsOf(again)).toEqual({ Eve: numbered(0, 1, 2, 3) });
    expect(filesIn(dataDir)).toEqual(filesOf(again));
  });

  it('is awaited by close(), which refuses further writes', async () => {
    const { gallery } = await openNpyGallery({ dataDir, contract, disk: slow });
    const adding = gallery.add('Ada', exampleOf(1));
    let added = false;
    void adding.then(() => (added = true));
    await gallery.close();
    expect(added).toBe(true);
    await expect(gallery.add('Eve', exampleOf(2))).rejects.toMatchObject({
      code: 'storage_failed',
      message: 'The gallery is closed: the server is stopping.',
    });
    expect(await contentsOf((await openNpyGallery({ dataDir, contract })).gallery)).toEqual({ Ada: numbered(1) });
  });
});

describe('a clock that is set back', () => {
  afterEach(() => vi.useRealTimers());

  it('changes neither ids nor the order of examples', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const { gallery } = await openNpyGallery({ dataDir, contract });
    for (const [i, year] of ['2026', '2001', '1970', '2001'].entries()) {
      vi.setSystemTime(new Date(`${year}-01-01T00:00:00Z`));
      await gallery.add('Ada', exampleOf(i));
    }
    const { examples } = gallery.person('Ada');
    expect(examples.map(({ addedAt }) => addedAt?.slice(0, 4))).toEqual(['2026', '2001', '1970', '2001']);
    expect(new Set(examples.map(({ id }) => id)).size).toBe(4);
    await gallery.rename('Ada', 'Eve');
    vi.setSystemTime(new Date('1980-01-01T00:00:00Z'));
    const { gallery: again, report } = await openNpyGallery({ dataDir, contract });
    expect(await contentsOf(again)).toEqual({ Eve: numbered(0, 1, 2, 3) });
    expect(report).toMatchObject({ quarantined: [], unknownFiles: [], interruptedChange: 'nothing' });
  });
});
