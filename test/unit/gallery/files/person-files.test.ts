import { afterEach, describe, expect, it } from 'vitest';
import type { Gallery } from '../../../../src/gallery/gallery.js';
import { openNpyGallery } from '../../../../src/gallery/files/open-npy-gallery.js';
import {
  bytesOf,
  contentsOf,
  contract,
  exampleOf,
  filesIn,
  numbered,
  put,
  removeTemporaryFolders,
  temporaryFolder,
} from '../../../helpers/gallery-fixture.js';

afterEach(removeTemporaryFolders);

async function open(dataDir: string): Promise<Gallery> {
  return (await openNpyGallery({ dataDir, contract })).gallery;
}

describe('names and files', () => {
  it('keeps all kinds of names over a restart', async () => {
    const dataDir = temporaryFolder();
    const gallery = await open(dataDir);
    const names = [
      'a:b',
      'a?b',
      'CON',
      'Jr.',
      '太'.repeat(100),
      '<img src=x onerror=alert(1)>',
      'José',
      '3',
      '__proto__',
    ];
    for (const [i, name] of names.entries()) await gallery.add(name, exampleOf(i));
    const contents = await contentsOf(await open(dataDir));
    for (const [i, name] of names.entries()) expect(Object.entries(contents)).toContainEqual([name, numbered(i)]);
  });

  it('uses different files for names that differ only in case', async () => {
    const dataDir = temporaryFolder();
    const gallery = await open(dataDir);
    for (const [i, name] of ['Ada', 'ada', 'ADA'].entries()) await gallery.add(name, exampleOf(i));
    const folded = filesIn(dataDir).map((file) => file.toLowerCase());
    expect(new Set(folded).size).toBe(9);
    expect(filesIn(dataDir)).toContain('embeddings/Ada.npy');
    const again = await open(dataDir);
    await again.add('ada', exampleOf(7));
    expect(await contentsOf(again)).toEqual({ Ada: numbered(0), ada: numbered(1, 7), ADA: numbered(2) });
    await again.rename('Ada', 'aDA');
    expect((await contentsOf(await open(dataDir))).aDA).toEqual(numbered(0));
  });

  it('does not overwrite unknown files', async () => {
    const dataDir = temporaryFolder();
    put(dataDir, 'embeddings/Ada.json', '{"mine": true}');
    const gallery = await open(dataDir);
    const { embeddingFile } = await gallery.add('Ada', exampleOf(1));
    expect(embeddingFile).toMatch(/^embeddings\/Ada~[0-9a-f]{10}\.npy$/);
    expect(bytesOf(dataDir, 'embeddings/Ada.json').toString()).toBe('{"mine": true}');
  });
});
