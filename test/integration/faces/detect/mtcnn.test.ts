import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withBorderRetry } from '../../../../src/faces/detect/border-retry.js';
import type { Detector } from '../../../../src/faces/detect/detector.js';
import { loadMtcnn } from '../../../../src/faces/detect/mtcnn/mtcnn.js';
import { createOnnxRuntime } from '../../../../src/engine/onnxruntime.js';
import { expectGoldenFaces, GOLDEN_PHOTOS, MTCNN_FILES } from '../../../helpers/golden.js';
import { readPhoto } from '../../../helpers/photo.js';
import { hasShared, needsShared, sharedPath } from '../../../helpers/shared.js';

const engine = createOnnxRuntime({ threads: 1 });

describe.skipIf(!hasShared)('MTCNN' + needsShared, () => {
  let cacheDir: string;
  let mtcnn: Detector;

  beforeAll(async () => {
    cacheDir = mkdtempSync(join(tmpdir(), 'rostro-mtcnn-'));
    mtcnn = await loadMtcnn(engine, MTCNN_FILES, cacheDir);
  });
  afterAll(async () => {
    await mtcnn.dispose();
    rmSync(cacheDir, { recursive: true, force: true });
  });

  it.each(Object.keys(GOLDEN_PHOTOS))('finds what detect_face finds in %s', async (name) => {
    expect(GOLDEN_PHOTOS[name].minFaceSize).toBe(20);
    expectGoldenFaces(name, await mtcnn.detect(await readPhoto(sharedPath(name))));
  });

  it('names landmarks as they lie in the picture: left is left, mouth is below', async () => {
    const [face] = await mtcnn.detect(await readPhoto(sharedPath('images', 'Anthony_Hopkins_0001.jpg')));
    const [leftEye, rightEye, nose, leftMouth, rightMouth] = face.landmarks!;
    expect(leftEye.x).toBeLessThan(nose.x);
    expect(nose.x).toBeLessThan(rightEye.x);
    expect(leftMouth.x).toBeLessThan(rightMouth.x);
    expect(leftEye.y).toBeLessThan(nose.y);
    expect(nose.y).toBeLessThan(leftMouth.y);
  });

  it.each([
    [1, 1],
    [19, 19],
    [11, 300],
    [20, 20],
    [300, 20],
  ])('finds no face in a flat picture of %i x %i', async (width, height) => {
    const data = new Uint8Array(3 * width * height).fill(127);
    expect(await mtcnn.detect({ width, height, data })).toEqual([]);
  });

  it('looks for no face smaller than it is told to', async () => {
    const photo = await readPhoto(sharedPath('images', 'groups', 'bbt1.jpg'));
    const large = await loadMtcnn(engine, MTCNN_FILES, cacheDir, { minFacePx: 250 });
    expect(await large.detect(photo)).toEqual([]);
    await large.dispose();
  });

  it('answers calls made at once as if made one by one', async () => {
    const photos = await Promise.all(
      ['ivan.jpg', 'no-faces.jpg', 'groups/bbt3.jpg'].map((n) => readPhoto(sharedPath('images', n))),
    );
    const oneByOne = [];
    for (const photo of photos) oneByOne.push(await mtcnn.detect(photo));
    expect(await Promise.all(photos.map((photo) => mtcnn.detect(photo)))).toEqual(oneByOne);
  });

  it('converts its files once', () => {
    expect(readdirSync(cacheDir).filter((name) => name.endsWith('.onnx'))).toHaveLength(3);
  });

  it('with a border finds the one face in each of 40 tight crops, and still none where there is none', async () => {
    const detector = withBorderRetry(mtcnn, { borderShares: [0.2] });
    const folder = sharedPath('images', 'people');
    const photos = readdirSync(folder).flatMap((person) =>
      readdirSync(join(folder, person)).map((file) => join(person, file)),
    );
    expect(photos).toHaveLength(40);
    const counts: [string, number][] = [];
    for (const photo of photos)
      counts.push([photo, (await detector.detect(await readPhoto(join(folder, photo)))).length]);
    expect(counts.filter(([, count]) => count !== 1)).toEqual([]);
    expect(await detector.detect(await readPhoto(sharedPath('images', 'no-faces.jpg')))).toEqual([]);
  });

  it('places a face found with a border where it is in the picture', async () => {
    const photo = await readPhoto(sharedPath('images', 'people', 'bernadette', 'bernadette5.png'));
    expect(await mtcnn.detect(photo)).toEqual([]);
    const [{ landmarks }] = await withBorderRetry(mtcnn, { borderShares: [0.2] }).detect(photo);
    // Eyes, tip of the nose and corners of the mouth as a person sees them in the picture.
    const seen = [
      [42, 47],
      [101, 40],
      [68, 82],
      [53, 104],
      [108, 97],
    ];
    landmarks!.forEach(({ x, y }, i) => expect(Math.hypot(x - seen[i][0], y - seen[i][1])).toBeLessThan(6));
  });
});

describe('loadMtcnn', () => {
  it('refuses options before it touches a file', async () => {
    const missing = { det1: '/nowhere/1', det2: '/nowhere/2', det3: '/nowhere/3' };
    await expect(loadMtcnn(engine, missing, '/nowhere', { factor: 2 })).rejects.toMatchObject({ code: 'bad_config' });
    await expect(loadMtcnn(engine, missing, '/nowhere')).rejects.toMatchObject({ code: 'model_missing' });
  });
});
