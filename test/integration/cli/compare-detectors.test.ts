import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rostroWith, spawnRostro } from '../../helpers/rostro.js';
import { hasShared, hasWeights, needsShared, samplePhoto, sharedPath } from '../../helpers/shared.js';

const CASCADE = 'haarcascade_frontalface_default.xml';
let folder: string;

const rostro = (...args: string[]) => rostroWith({ EMBEDDER: 'face-api' }, folder, ...args);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rostro-compare-'));
  await mkdir(join(folder, 'photos', 'more'), { recursive: true });
  await sharp(samplePhoto(3))
    .extract({ left: 1020, top: 80, width: 400, height: 460 })
    .jpeg()
    .toFile(join(folder, 'photos', 'one face.jpg'));
  await sharp({ create: { width: 200, height: 100, channels: 3, background: '#69c' } })
    .png()
    .toFile(join(folder, 'photos', 'more', 'sky.png'));
  await writeFile(join(folder, 'photos', 'note.txt'), 'no photo');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('rostro compare-detectors', { timeout: 120_000 }, () => {
  it('compares what is here, and says what is not', async () => {
    const { code, out } = await rostro('compare-detectors', 'photos');
    expect(code).toBe(0);
    const [head, ...lines] = out.trim().split('\n');
    const shared = hasWeights ? ' +1 \\(100 %\\)' : '';
    expect(head).toMatch(/^detector +faces +photos without +ms a megapixel( +also by mtcnn)? +also by ssd$/);
    if (hasWeights) expect(lines.shift()).toMatch(/^mtcnn +1 +1 of 2 +\d+ +1 \(100 %\)$/);
    expect(lines.shift()).toMatch(new RegExp(`^ssd +1 +1 of 2 +\\d+${shared}$`));
    if (!hasWeights) expect(lines.shift()).toMatch(/^mtcnn was left out: DETECTOR=mtcnn needs npy\/det1\.npy/);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^haar was left out: DETECTOR=haar needs haarcascade_frontalface_default\.xml in /);
    expect(lines[1]).toMatch(/^yunet was left out: DETECTOR=yunet needs model\/yunet\/yunet_n_dynamic\.onnx in /);
  });

  it('writes pictures with boxes, and passes over them the next time', async () => {
    const args = ['compare-detectors', 'photos', '--json', '--pictures', 'photos/boxes'];
    const runs = [await rostro(...args), await rostro(...args)];
    for (const { out } of runs) expect(JSON.parse(out)).toMatchObject({ photos: 2, unreadable: [] });
    const picture = await sharp(join(folder, 'photos', 'boxes', 'one face.jpg.jpg'))
      .raw()
      .toBuffer();
    const original = await sharp(join(folder, 'photos', 'one face.jpg'))
      .raw()
      .toBuffer();
    expect(picture).toHaveLength(original.length);
    const blue = (pixels: Buffer) =>
      Array.from({ length: pixels.length / 3 }, (_, i) => 3 * i).filter(
        (i) =>
          Math.abs(pixels[i] - 86) < 25 && Math.abs(pixels[i + 1] - 180) < 25 && Math.abs(pixels[i + 2] - 233) < 25,
      ).length;
    expect(blue(picture)).toBeGreaterThan(blue(original) + 800);
    await rm(join(folder, 'photos', 'boxes'), { recursive: true });
  });

  it('names photos that it cannot read, and exits with 1', async () => {
    await writeFile(join(folder, 'photos', 'torn.jpg'), 'no picture');
    const { code, out } = await rostro('compare-detectors', 'photos', '--json');
    await rm(join(folder, 'photos', 'torn.jpg'));
    expect(code).toBe(1);
    const { detectors, ...rest } = JSON.parse(out) as { detectors: { detector: string }[] };
    expect(rest).toMatchObject({
      photos: 2,
      unreadable: [{ file: 'torn.jpg', reason: 'The file is not a picture.' }],
    });
    const ssd = detectors.find(({ detector }) => detector === 'ssd');
    expect(ssd).toMatchObject({ faces: 1, photosWithoutFace: 1, alsoFoundBy: hasWeights ? { mtcnn: 1 } : {} });
  });

  it('needs a folder with photos', async () => {
    await mkdir(join(folder, 'empty'));
    const empty = await rostro('compare-detectors', 'empty');
    const missing = await rostro('compare-detectors', 'nowhere');
    expect([empty.code, missing.code]).toEqual([1, 1]);
    expect(empty.err).toMatch(/^rostro: .*empty holds no photos\. \(no_file\)\n$/);
    expect(missing.err).toMatch(/^rostro: Cannot read the folder .*nowhere: it does not exist\. \(no_file\)\n$/);
  });

  it.skipIf(!hasShared)('tells how far detectors agree' + needsShared, async () => {
    const data = join(folder, 'data');
    await mkdir(data);
    for (const path of [CASCADE, 'npy']) await symlink(sharedPath('models', path), join(data, path));
    await mkdir(join(data, 'model'));
    await symlink(sharedPath('models', 'yunet'), join(data, 'model', 'yunet'));
    const photos = join(folder, 'groups');
    await mkdir(photos);
    for (const name of ['bbt1.jpg', 'bbt4.jpg'])
      await copyFile(sharedPath('images', 'groups', name), join(photos, name));
    const { code, out } = await rostro('compare-detectors', photos, '--data', data, '--json');
    expect(code).toBe(0);
    // Four and six people look into the camera; `golden/mtcnn.json` and OpenCV's own build say the same.
    expect(JSON.parse(out)).toMatchObject({
      photos: 2,
      unavailable: [],
      detectors: [
        { detector: 'mtcnn', faces: 10, photosWithoutFace: 0, alsoFoundBy: { ssd: 10, haar: 10, yunet: 10 } },
        { detector: 'ssd', faces: 10, photosWithoutFace: 0, alsoFoundBy: { mtcnn: 10, haar: 10, yunet: 10 } },
        { detector: 'haar', faces: 10, photosWithoutFace: 0, alsoFoundBy: { mtcnn: 10, ssd: 10, yunet: 10 } },
        { detector: 'yunet', faces: 10, photosWithoutFace: 0, alsoFoundBy: { mtcnn: 10, ssd: 10, haar: 10 } },
      ],
    });
  });
});

describe('rostro detect with the Haar cascade', { timeout: 120_000 }, () => {
  it('names a cascade that is truncated, in one sentence', async () => {
    const data = join(folder, 'torn');
    await mkdir(data);
    const start =
      '<?xml version="1.0"?>\n<opencv_storage>\n<cascade type_id="opencv-cascade-classifier"><stageType>BOOST';
    await writeFile(join(data, CASCADE), start);
    const { code, out, err } = await rostro('detect', 'photos/one face.jpg', '--data', data, '--detector', 'haar');
    expect([code, out]).toEqual([1, '']);
    expect(err).toBe(
      `rostro: ${CASCADE} is not a usable Haar cascade: OpenCV cannot read it; it is truncated or another file. ` +
        '"rostro models pull" fetches the published one. (bad_model_file)\n',
    );
  });
});

describe('a command over hundreds of files', { timeout: 120_000 }, () => {
  it('survives a command line of a hundred thousand characters', async () => {
    const long = `0.6${'0'.repeat(100_000)}`;
    const args = ['detect', 'photos/one face.jpg', '--json', '--threshold', long];
    const { code, out } = await spawnRostro({ EMBEDDER: 'face-api' }, folder, ...args);
    expect(code).toBe(0);
    expect((JSON.parse(out) as { faces: unknown[] }).faces).toHaveLength(1);
  });
});
