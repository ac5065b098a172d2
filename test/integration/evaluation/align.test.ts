import {
  appendFile,
  copyFile,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startPipeline } from '../../../src/app/pipeline.js';
import { readConfig } from '../../../src/app/config.js';
import type { PipelinePool } from '../../../src/faces/pipeline/pool.js';
import { alignDataset, type AlignDatasetOptions } from '../../../src/evaluation/align.js';
import type { AlignRecord } from '../../../src/evaluation/align-manifest.js';
import { iou } from '../../../src/faces/image/box.js';
import { writePeopleFolders, writeSky } from '../../helpers/people-folders.js';
import { withSharedCache } from '../../helpers/server.js';
import { samplePhoto } from '../../helpers/shared.js';

let pipeline: PipelinePool;
let root: string;
let inDir: string;
let outDir: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'rostro-align-'));
  inDir = join(root, 'in');
  await writePeopleFolders(inDir);
  await writeSky(join(inDir, 'Ada', 'sky.jpg'));
  await writeFile(join(inDir, 'Ada', 'torn.png'), 'no picture');
  await writeFile(join(inDir, 'Ada', 'notes.txt'), 'not looked at');
  await writeFile(join(inDir, 'readme.jpg'), 'not in a folder');
  const config = readConfig({ ROSTRO_DATA: root, DETECTOR: 'ssd', EMBEDDER: 'face-api', WORKERS: '1' });
  pipeline = await startPipeline(withSharedCache(config));
});
afterAll(async () => {
  await pipeline.close();
  await rm(root, { recursive: true, force: true });
});
beforeEach(() => {
  outDir = join(root, 'out');
});
afterEach(() => rm(outDir, { recursive: true, force: true }));

const run = (options: Partial<AlignDatasetOptions> = {}) =>
  alignDataset(inDir, outDir, {
    pipeline,
    detectorSettings: { detector: 'ssd' },
    concurrency: 2,
    sizePx: 96,
    margin: { share: 0.28 },
    everyFace: false,
    ...options,
  });

async function manifest(): Promise<AlignRecord[]> {
  const [, ...lines] = (await readFile(join(outDir, 'manifest.jsonl'), 'utf8')).trim().split('\n');
  return lines.map((line) => JSON.parse(line) as AlignRecord);
}

describe('alignDataset', () => {
  it('cuts one crop a photo in the same structure, and writes down why a photo has none', async () => {
    expect(await run()).toEqual({ photos: 8, done: 8, earlier: 0, crops: 6, skipped: 2 });
    const crops = (await readdir(outDir, { recursive: true })).filter((name) => name.endsWith('.png')).sort();
    expect(crops).toEqual(['Ada', 'Bo', 'Cy'].flatMap((name) => [1, 2].map((i) => join(name, `${name}_000${i}.png`))));
    for (const crop of crops) {
      expect(await sharp(join(outDir, crop)).metadata()).toMatchObject({
        format: 'png',
        width: 96,
        height: 96,
        channels: 3,
      });
    }

    const records = await manifest();
    const skipped = records
      .filter(({ faces }) => faces.length === 0)
      .map(({ path, code, reason }) => [path, code, reason]);
    expect(skipped.sort()).toEqual([
      [join(inDir, 'Ada', 'sky.jpg'), 'no_face', 'No face was found in the photo.'],
      [join(inDir, 'Ada', 'torn.png'), 'not_an_image', 'The file is not a picture.'],
    ]);
    const ada = records.find(({ path }) => path.endsWith('Ada_0001.jpg'))!;
    expect(ada).toMatchObject({ person: 'Ada', facesFound: 1, faces: [{ crop: join('Ada', 'Ada_0001.png') }] });
    // The face that face-api sees at 1476,199 203×241 of the whole photo, of which this one starts at 1300,50.
    const [{ box, confidence, landmarks }] = ada.faces;
    expect(iou(box, { x: 176, y: 149, width: 203, height: 241 })).toBeGreaterThan(0.7);
    expect(confidence).toBeGreaterThan(0.9);
    expect(landmarks).toHaveLength(5);
  });

  it('goes on where it was stopped, and does nothing twice', async () => {
    const stop = new AbortController();
    const first = await run({ concurrency: 1, signal: stop.signal, onPhoto: ({ done }) => done === 3 && stop.abort() });
    expect(first).toMatchObject({ photos: 8, done: 3, earlier: 0 });

    expect(await run()).toEqual({ photos: 8, done: 8, earlier: 3, crops: 6, skipped: 2 });
    const written = (await stat(join(outDir, 'Cy', 'Cy_0002.png'))).mtimeMs;
    expect(await run()).toEqual({ photos: 8, done: 8, earlier: 8, crops: 6, skipped: 2 });
    expect((await stat(join(outDir, 'Cy', 'Cy_0002.png'))).mtimeMs).toBe(written);
    expect(await manifest()).toHaveLength(8);
  });

  it('does again what a kill cut short, whose crop is gone, and what changed', async () => {
    await run();
    const file = join(outDir, 'manifest.jsonl');
    await truncate(file, (await stat(file)).size - 7);
    expect(await run()).toMatchObject({ done: 8, earlier: 7 });
    await appendFile(file, '{"torn":');
    expect(await run()).toMatchObject({ done: 8, earlier: 8 });

    await rm(join(outDir, 'Bo', 'Bo_0001.png'));
    await utimes(join(inDir, 'Cy', 'Cy_0001.jpg'), new Date(), new Date());
    expect(await run()).toMatchObject({ done: 8, earlier: 6, crops: 6 });
    expect((await stat(join(outDir, 'Bo', 'Bo_0001.png'))).size).toBeGreaterThan(1000);
  });

  it('refuses a folder that was made with other settings', async () => {
    await run();
    await expect(run({ sizePx: 160 })).rejects.toMatchObject({
      code: 'bad_config',
      message: `${outDir} was made with other settings ({"detector":"ssd","sizePx":96,"margin":{"share":0.28},"everyFace":false}); take another folder or delete it.`,
    });
  });

  it('takes every face of a photo when asked to, numbered, and otherwise the large one near the middle', async () => {
    const group = join(root, 'group', 'Staff');
    await copyFileTo(samplePhoto(1), group, 'a.jpg');
    await copyFileTo(samplePhoto(1), group, 'a.png');
    const groupRun = (everyFace: boolean) =>
      alignDataset(join(root, 'group'), outDir, {
        pipeline,
        detectorSettings: {},
        concurrency: 1,
        sizePx: 32,
        margin: { px: 44 },
        everyFace,
      });
    expect(await groupRun(true)).toMatchObject({ photos: 2, crops: 6 });
    expect((await readdir(join(outDir, 'Staff'))).sort()).toEqual(
      ['a.jpg', 'a.png'].flatMap((name) => [0, 1, 2].map((i) => `${name}_${i}.png`)),
    );
    await rm(outDir, { recursive: true });
    expect(await groupRun(false)).toMatchObject({ crops: 2 });
    const [{ facesFound, faces }] = await manifest();
    expect(facesFound).toBe(3);
    // 1,920 wide: the middle one of the three faces begins at 838.
    expect(Math.abs(faces[0].box.x - 838)).toBeLessThan(10);
  });

  it('says that there is nothing to align', async () => {
    const empty = join(root, 'in', 'Bo');
    const message = `${empty} holds no folders of people with photos in them.`;
    await expect(alignDataset(empty, outDir, optionsOf())).rejects.toMatchObject({ code: 'no_file', message });
    const nowhere = join(root, 'nowhere');
    await expect(alignDataset(nowhere, outDir, optionsOf())).rejects.toMatchObject({
      code: 'no_file',
      message: `Cannot read the folder ${nowhere}: it does not exist.`,
    });
  });
});

function optionsOf(): AlignDatasetOptions {
  return { pipeline, detectorSettings: {}, concurrency: 1, sizePx: 96, margin: { px: 0 }, everyFace: false };
}

async function copyFileTo(from: string, dir: string, name: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  await copyFile(from, join(dir, name));
}
