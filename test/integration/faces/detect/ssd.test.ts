import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DetectedFace, Detector } from '../../../../src/faces/detect/detector.js';
import { loadSsd } from '../../../../src/faces/detect/ssd.js';
import { iou } from '../../../../src/faces/image/box.js';
import type { RgbImage } from '../../../../src/faces/image/image.js';
import { createOnnxRuntime } from '../../../../src/engine/onnxruntime.js';
import type { LandmarkDetector68 } from '../../../../src/faces/landmarks/landmarks68.js';
import { ourNetworks } from '../../../helpers/face-api-engine.js';
import { cut, readPhoto } from '../../../helpers/photo.js';
import { hasShared, needsShared, samplePhoto, sharedPath } from '../../../helpers/shared.js';

describe('SSD detector', () => {
  const networks = ourNetworks();
  let face68: LandmarkDetector68;
  let detector: Detector;
  let photo: RgbImage;
  let faces: DetectedFace[];
  beforeAll(async () => {
    face68 = await networks.face68();
    detector = await networks.ssd(face68);
    photo = await readPhoto(samplePhoto(1));
    faces = await detector.detect(photo);
  });
  afterAll(async () => {
    await detector.dispose();
    await face68.dispose();
    networks.remove();
  });

  it('finds the three people of a photo, surest first', () => {
    expect(detector.id).toBe('ssd');
    expect(faces).toHaveLength(3);
    // Where face-api itself finds them, to a few pixels.
    const seen = [
      { x: 414, y: 360, width: 180, height: 235 },
      { x: 838, y: 420, width: 185, height: 230 },
      { x: 1480, y: 205, width: 200, height: 235 },
    ];
    for (const box of seen) expect(Math.max(...faces.map((face) => iou(face.box, box)))).toBeGreaterThan(0.8);
    const confidences = faces.map(({ confidence }) => confidence);
    expect(confidences).toEqual([...confidences].sort((a, b) => b - a));
    expect(Math.min(...confidences)).toBeGreaterThan(0.5);
  });

  it('gives every face 68 points and, derived from them, eyes, nose and mouth in the order of the contract', () => {
    for (const { box, landmarks, landmarks68 } of faces) {
      expect(landmarks68).toHaveLength(68);
      const [leftEye, rightEye, nose, leftMouth, rightMouth] = landmarks!;
      expect(leftEye.x).toBeLessThan(rightEye.x);
      expect(leftMouth.x).toBeLessThan(rightMouth.x);
      for (const eye of [leftEye, rightEye]) expect(eye.y).toBeLessThan(nose.y);
      for (const corner of [leftMouth, rightMouth]) expect(corner.y).toBeGreaterThan(nose.y);
      for (const point of landmarks!) {
        expect(point.x).toBeGreaterThan(box.x);
        expect(point.x).toBeLessThan(box.x + box.width);
        expect(point.y).toBeGreaterThan(box.y);
        expect(point.y).toBeLessThan(box.y + box.height);
      }
    }
  });

  it('finds boxes alone without the landmark network', async () => {
    const bare = await networks.ssd(null);
    const found = await bare.detect(photo);
    await bare.dispose();
    expect(found).toEqual(faces.map(({ box, confidence }) => ({ box, confidence, landmarks: null })));
  });

  it('heeds the least confidence and the largest number of faces', async () => {
    const strict = await networks.ssd(null, { minConfidence: faces[1].confidence });
    const one = await networks.ssd(null, { maxFaces: 1 });
    expect((await strict.detect(photo)).map(({ box }) => box)).toEqual([faces[0].box]);
    expect((await one.detect(photo)).map(({ box }) => box)).toEqual([faces[0].box]);
    await strict.dispose();
    await one.dispose();
  });

  it('finds a face at the same place of a tall photo', async () => {
    const tall = cut(photo, 300, 100, 450, 1100);
    const [face] = await detector.detect(tall);
    const inWhole = { ...face.box, x: face.box.x + 300, y: face.box.y + 100 };
    expect(Math.max(...faces.map(({ box }) => iou(box, inWhole)))).toBeGreaterThan(0.7);
  });

  it.each([
    ['black', 0, 640, 480],
    ['white', 255, 640, 480],
    ['a single pixel', 128, 1, 1],
    ['a line', 128, 3000, 1],
  ])('finds nobody where there is nobody: %s', async (_, grey, width, height) => {
    const data = new Uint8Array(3 * width * height).fill(grey);
    expect(await detector.detect({ width, height, data })).toEqual([]);
  });

  it('says which file is missing', async () => {
    const missing = loadSsd(createOnnxRuntime(), null, networks.cacheDir, networks.cacheDir);
    await expect(missing).rejects.toMatchObject({
      code: 'model_missing',
      message: expect.stringContaining('ssd_mobilenetv1_model-weights_manifest.json') as string,
    });
  });
});

describe.skipIf(!hasShared)('SSD detector on a photo without a face' + needsShared, () => {
  it('finds nobody', async () => {
    const networks = ourNetworks();
    const detector = await networks.ssd(null);
    expect(await detector.detect(await readPhoto(sharedPath('images', 'no-faces.jpg')))).toEqual([]);
    await detector.dispose();
    networks.remove();
  });
});
