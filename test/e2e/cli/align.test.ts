import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writePeopleFolders, writeSky } from '../../helpers/people-folders.js';
import { rostro, startRostro } from '../../helpers/rostro.js';

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

  it('stops at ^C with what it has done written down', async () => {
    const child = startRostro(folder, 'align', 'in', 'stopped', '--image-size', '64');
    const manifest = join(folder, 'stopped', 'manifest.jsonl');
    while (!existsSync(manifest) && child.exitCode === null) await wait(5);
    child.kill('SIGINT');
    const code = await new Promise((resolve) => child.on('exit', resolve));
    expect(code).toBe(130);
    const records = (await readFile(manifest, 'utf8')).trim().split('\n').length - 1;
    expect(records).toBeLessThan(7);
    const rest = await rostro(folder, 'align', 'in', 'stopped', '--image-size', '64', '--json');
    expect(JSON.parse(rest.out)).toMatchObject({ done: 7, earlier: records, crops: 6 });
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
