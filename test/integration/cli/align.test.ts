import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writePeopleFolders, writeSky } from '../../helpers/people-folders.js';
import { rostro } from '../../helpers/rostro.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rostro-cli-align-'));
  await writePeopleFolders(join(folder, 'in'));
  await writeSky(join(folder, 'in', 'Bo', 'sky.jpg'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('rostro align', () => {
  it('writes crops of the size that the embedder takes, and goes on where it was', async () => {
    const first = await rostro(folder, 'align', 'in', 'out');
    expect(first).toMatchObject({ code: 0 });
    expect(first.out).toBe('7 of 7 photos done: 6 crops, 1 photos without one.\nout/manifest.jsonl says why.\n');
    expect((await readdir(join(folder, 'out'))).sort()).toEqual(['Ada', 'Bo', 'Cy', 'manifest.jsonl']);
    const crop = await sharp(join(folder, 'out', 'Ada', 'Ada_0001.png')).metadata();
    expect([crop.width, crop.height]).toEqual([150, 150]);

    const again = await rostro(folder, 'align', 'in', 'out', '--json');
    expect(JSON.parse(again.out)).toEqual({ photos: 7, done: 7, earlier: 7, crops: 6, skipped: 1, complete: true });
  });

  it.each([
    [
      ['in', 'out', '--image-size', '0'],
      '--image-size=0 is not usable: give whole pixels from 16 to 2048.',
      'bad_config',
    ],
    [['in', 'out', '--margin', '44px'], 'was made with other settings', 'bad_config'],
    [['nowhere', 'out'], 'nowhere: it does not exist.', 'no_file'],
  ])('%j says one sentence and exits with 1', async (args, sentence, errorCode) => {
    const { code, out, err } = await rostro(folder, 'align', ...args);
    expect([code, out]).toEqual([1, '']);
    expect(err.trim().split('\n')).toHaveLength(1);
    expect(err).toContain(sentence);
    expect(err).toContain(`(${errorCode})`);
  });
});
