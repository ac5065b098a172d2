import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LandmarkDetector68 } from '../../../../src/faces/landmarks/landmarks68.js';
import { loadLandmarks68 } from '../../../../src/faces/landmarks/landmarks68.js';
import { createOnnxRuntime } from '../../../../src/engine/onnxruntime.js';
import type { Point } from '../../../../src/faces/image/box.js';
import type { RgbImage } from '../../../../src/faces/image/image.js';
import { ourNetworks } from '../../../helpers/face-api-engine.js';
import { largestDifference, readPhoto } from '../../../helpers/photo.js';
import { samplePhoto } from '../../../helpers/shared.js';

const coordinates = (points: readonly Point[]) => points.flatMap(({ x, y }) => [x, y]);

describe('68 landmarks', () => {
  const networks = ourNetworks();
  let face68: LandmarkDetector68;
  let photo: RgbImage;
  const boxes = [
    { x: 414, y: 355, width: 177, height: 240 },
    { x: 838, y: 421, width: 186, height: 228 },
    { x: 1476, y: 199, width: 203, height: 241 },
  ];
  beforeAll(async () => {
    face68 = await networks.face68();
    photo = await readPhoto(samplePhoto(1));
  });
  afterAll(async () => {
    await face68.dispose();
    networks.remove();
  });

  it('finds the points of more faces than fit one batch, in the order of the boxes', async () => {
    const many = Array.from({ length: 20 }, (_, i) => boxes[i % 3]);
    const batched = await face68.locate(photo, many);
    expect(batched).toHaveLength(20);
    for (const [i, box] of many.entries()) {
      const [alone] = await face68.locate(photo, [box]);
      expect(alone).toHaveLength(68);
      expect(largestDifference(coordinates(batched[i]), coordinates(alone))).toBeLessThan(0.01);
    }
  });

  it('follows a box that is moved by a fraction of a pixel, as face-api does', async () => {
    const [first, second] = await face68.locate(photo, [boxes[0], { ...boxes[0], x: 414.75 }]);
    expect(second[30].x - first[30].x).toBeCloseTo(0.75, 3);
  });

  it('looks at the part of a box that lies in the image, and at none as well', async () => {
    const sticking = await face68.locate(photo, [
      { x: -100, y: -50, width: 300, height: 300 },
      { x: 5000, y: 5000, width: 10, height: 10 },
    ]);
    for (const value of sticking.flatMap(coordinates)) expect(Number.isFinite(value)).toBe(true);
    expect(await face68.locate(photo, [])).toEqual([]);
  });

  it('says which file is missing', async () => {
    await expect(loadLandmarks68(createOnnxRuntime(), networks.cacheDir, networks.cacheDir)).rejects.toMatchObject({
      code: 'model_missing',
      message: expect.stringContaining('face_landmark_68_model-weights_manifest.json') as string,
    });
  });
});
