import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadMtcnn, type Mtcnn } from '../../../../src/faces/detect/mtcnn/mtcnn.js';
import { createOnnxRuntime } from '../../../../src/engine/onnxruntime.js';
import { iou } from '../../../../src/faces/image/box.js';
import { decodeImage } from '../../../../src/faces/image/decode.js';
import { cameraFrames } from '../../../helpers/camera.js';
import { sharedCacheDir } from '../../../helpers/server.js';
import { hasShared, needsShared, sharedPath } from '../../../helpers/shared.js';

const npy = (name: string) => sharedPath('models', 'npy', name);

describe.skipIf(!hasShared)(`following with MTCNN${needsShared}`, () => {
  let mtcnn: Mtcnn;
  beforeAll(async () => {
    const files = { det1: npy('det1.npy'), det2: npy('det2.npy'), det3: npy('det3.npy') };
    mtcnn = await loadMtcnn(createOnnxRuntime({ threads: 2 }), files, sharedCacheDir, { minFacePx: 40 });
  });
  afterAll(() => mtcnn.dispose());

  it.each([
    ['portraits/angelina_jolie.jpg', 1],
    ['groups/bbt5.jpg', 4],
    ['groups/multiface.jpg', 6],
  ])('keeps to the faces of %s that a search of the whole frame finds', async (photo, faces) => {
    const frames = await cameraFrames(sharedPath('images', ...photo.split('/')), 12);
    const pictures = await Promise.all(frames.map((bytes) => decodeImage(bytes, { maxPixels: 1e7 })));
    let boxes = (await mtcnn.detect(pictures[0])).map(({ box }) => box);
    expect(boxes).toHaveLength(faces);
    for (const picture of pictures.slice(1)) {
      const followed = await mtcnn.follow(picture, boxes);
      const found = await mtcnn.detect(picture);
      boxes = followed.map((face) => face!.box);
      for (const box of boxes) expect(Math.max(...found.map((face) => iou(face.box, box)))).toBeGreaterThan(0.7);
    }
  });

  it('loses a face that is not there any more, and keeps the others', async () => {
    const [frame] = await cameraFrames(sharedPath('images', 'groups', 'bbt5.jpg'), 1);
    const picture = await decodeImage(frame, { maxPixels: 1e7 });
    const [first, second] = await mtcnn.detect(picture);
    const wall = { x: 5, y: 5, width: 60, height: 80 };
    const followed = await mtcnn.follow(picture, [second.box, wall, first.box]);
    expect(followed.map((face) => face !== null)).toEqual([true, false, true]);
    expect(iou(followed[2]!.box, first.box)).toBeGreaterThan(0.7);
    expect(await mtcnn.follow(picture, [])).toEqual([]);
  });

  it('finds a face for one box only, whose face has moved, and those at the edge of the picture', async () => {
    const [frame] = await cameraFrames(sharedPath('images', 'groups', 'bbt5.jpg'), 1);
    const picture = await decodeImage(frame, { maxPixels: 1e7 });
    const faces = await mtcnn.detect(picture);
    const { box } = faces[0];
    const moved = { ...box, x: box.x + 0.2 * box.width };
    const beside = { ...box, x: box.x - 0.4 * box.width };
    const [one, other] = await mtcnn.follow(picture, [moved, beside]);
    expect([one, other].filter((face) => face !== null)).toHaveLength(1);
    expect(iou((one ?? other)!.box, box)).toBeGreaterThan(0.7);
    const { x, y, width, height } = faces.map((face) => face.box).toSorted((a, b) => a.x - b.x)[0];
    const left = Math.round(x + 0.2 * width);
    const cut = await decodeImage(
      await sharp(frame)
        .extract({ left, top: 0, width: 640 - left, height: 480 })
        .jpeg({ quality: 95 })
        .toBuffer(),
      { maxPixels: 1e7 },
    );
    const [edge] = await mtcnn.follow(cut, [{ x: x - left, y, width, height }]);
    expect(iou(edge!.box, { x: x - left, y, width, height })).toBeGreaterThan(0.6);
  });
});
