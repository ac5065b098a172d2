import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOnnxRuntime } from '../../../../src/engine/onnxruntime.js';
import type { Session } from '../../../../src/engine/engine.js';
import type { DetectedFace, Detector } from '../../../../src/faces/detect/detector.js';
import { suppress } from '../../../../src/faces/detect/tiles.js';
import { loadYunet, runYunet } from '../../../../src/faces/detect/yunet.js';
import { iou } from '../../../../src/faces/image/box.js';
import { decodeImage } from '../../../../src/faces/image/decode.js';
import { BYTE_INPUT, withByteInput } from '../../../../src/models/convert/onnx/byte-input.js';
import { RostroError } from '../../../../src/shared/errors.js';
import { cameraFrames } from '../../../helpers/camera.js';
import { largestDifference, readPhoto } from '../../../helpers/photo.js';
import { hasShared, needsShared, sharedPath } from '../../../helpers/shared.js';

interface GoldenFace {
  readonly score: number;
  readonly box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  readonly landmarks: readonly { readonly x: number; readonly y: number }[];
}
const golden = hasShared
  ? (JSON.parse(readFileSync(sharedPath('golden', 'yunet.json'), 'utf8')) as {
      images: Record<string, { readonly faces: readonly GoldenFace[] }>;
    })
  : { images: {} };

const TOLERANCE = { px: 0.5, score: 0.01 };
const MODEL = sharedPath('models', 'yunet', 'yunet_n_dynamic.onnx');
const engine = createOnnxRuntime({ threads: 1 });
const photo = (name: string) => sharedPath('images', ...name.split('/'));

function expectGolden(faces: readonly DetectedFace[], expected: readonly GoldenFace[]): void {
  expect(faces).toHaveLength(expected.length);
  faces.forEach(({ box, confidence, landmarks }, i) => {
    const sides = (['x', 'y', 'width', 'height'] as const).map((side) => box[side] - expected[i].box[side]);
    const points = landmarks!.flatMap(({ x, y }, k) => {
      const point = expected[i].landmarks[k];
      return [x - point.x, y - point.y];
    });
    expect(Math.max(...[...sides, ...points].map(Math.abs))).toBeLessThan(TOLERANCE.px);
    expect(Math.abs(confidence - expected[i].score)).toBeLessThan(TOLERANCE.score);
  });
}

describe.skipIf(!hasShared)(`YuNet${needsShared}`, () => {
  let session: Session;
  let fedWithBytes: Session;
  let yunet: Detector;
  beforeAll(async () => {
    session = await engine.load(MODEL);
    fedWithBytes = await engine.load(withByteInput(await readFile(MODEL), 'input')!);
    yunet = await loadYunet(engine, MODEL);
  });
  afterAll(async () => {
    await session.dispose();
    await fedWithBytes.dispose();
    await yunet.dispose();
  });

  it.each(Object.entries(golden.images))('finds in %s what the reference finds', async (name, { faces }) => {
    const image = await readPhoto(photo(name));
    expectGolden(suppress(await runYunet(session, image, 0.6)), faces);
    expectGolden(suppress(await runYunet(fedWithBytes, image, 0.6)), faces);
  });

  it('is fed with bytes on the CPU, and gives the same but for rounding', async () => {
    const loaded: (string | Uint8Array)[] = [];
    const load = (model: string | Uint8Array) => {
      loaded.push(model);
      return engine.load(model);
    };
    for (const provider of ['cpu', 'cuda']) await (await loadYunet({ ...engine, provider, load }, MODEL)).dispose();
    expect(loaded).toEqual([expect.any(Uint8Array), MODEL]);
    expect([session.inputs, fedWithBytes.inputs]).toEqual([['input'], [BYTE_INPUT]]);
    // Sides that are multiples of 32, and others, which are padded.
    for (const [width, height] of [
      [320, 192],
      [333, 256],
      [256, 217],
      [301, 299],
    ]) {
      const png = await sharp(photo('groups/bbt1.jpg')).resize(width, height, { fit: 'fill' }).png().toBuffer();
      const image = await decodeImage(png, { maxPixels: 1e6 });
      const [planes, bytes] = await Promise.all(
        [session, fedWithBytes].map(async (network) =>
          (await runYunet(network, image, 0.3)).flatMap(({ box, confidence, landmarks }) => [
            ...[box.x, box.y, box.width, box.height, confidence],
            ...landmarks!.flatMap(({ x, y }) => [x, y]),
          ]),
        ),
      );
      expect(planes.length).toBeGreaterThan(0);
      expect(bytes).toHaveLength(planes.length);
      expect(largestDifference(bytes, planes)).toBeLessThan(1e-3);
    }
  });

  it('finds no face where there is none', async () => {
    expect(await yunet.detect(await readPhoto(photo('no-faces.jpg')))).toEqual([]);
  });

  it.each(['angelina_jolie.jpg', 'kate_siegel.jpg', 'paul_rudd.jpg'])('finds one large face in %s', async (name) => {
    expect(await yunet.detect(await readPhoto(photo(`portraits/${name}`)))).toHaveLength(1);
  });

  it('finds small faces of a large photo in tiles, if they are asked for', async () => {
    // Four times four faces of some 22 px, some of them at the edges between tiles.
    const group = await sharp(photo('groups/bbt1.jpg')).resize({ width: 340 }).png().toBuffer();
    const places = [
      { left: 0, top: 0 },
      { left: 2660, top: 1809 },
      { left: 860, top: 600 },
      { left: 1640, top: 900 },
    ];
    const large = await sharp({ create: { width: 3000, height: 2000, channels: 3, background: '#875' } })
      .composite(places.map((place) => ({ input: group, ...place })))
      .png()
      .toBuffer();
    const image = await decodeImage(large, { maxPixels: 1e7 });
    expect(await yunet.detect(image)).toHaveLength(16);
    const coarse = await loadYunet(engine, MODEL, { minFacePx: 100 });
    expect(await coarse.detect(image)).toHaveLength(0);
    await coarse.dispose();
  });

  it.each([
    ['portraits/angelina_jolie.jpg', 1],
    ['groups/bbt5.jpg', 3],
    ['groups/multiface.jpg', 6],
  ])('follows the faces of %s as a search of the whole frame finds them', async (name, faces) => {
    const frames = await cameraFrames(photo(name), 12);
    const pictures = await Promise.all(frames.map((bytes) => decodeImage(bytes, { maxPixels: 1e7 })));
    let boxes = (await yunet.detect(pictures[0])).map(({ box }) => box);
    expect(boxes).toHaveLength(faces);
    for (const picture of pictures.slice(1)) {
      const followed = await yunet.follow!(picture, boxes);
      const found = await yunet.detect(picture);
      boxes = followed.map((face) => face!.box);
      for (const face of followed) {
        const same = found.reduce((a, b) => (iou(a.box, face!.box) > iou(b.box, face!.box) ? a : b));
        expect(iou(same.box, face!.box)).toBeGreaterThan(0.7);
        const far = face!.landmarks!.map(({ x, y }, i) =>
          Math.hypot(x - same.landmarks![i].x, y - same.landmarks![i].y),
        );
        expect(Math.max(...far) / face!.box.width).toBeLessThan(0.12);
      }
    }
  });

  it('loses a face that is not there any more, and keeps the others', async () => {
    const [frame] = await cameraFrames(photo('groups/bbt5.jpg'), 1);
    const picture = await decodeImage(frame, { maxPixels: 1e7 });
    const [first, second] = await yunet.detect(picture);
    const wall = { x: 5, y: 5, width: 60, height: 80 };
    const followed = await yunet.follow!(picture, [second.box, wall, first.box]);
    expect(followed.map((face) => face !== null)).toEqual([true, false, true]);
    expect(iou(followed[2]!.box, first.box)).toBeGreaterThan(0.7);
    expect(await yunet.follow!(picture, [])).toEqual([]);
  });

  it('is refused in one sentence where the file is damaged or another network', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rostro-yunet-'));
    const torn = join(folder, 'yunet_n_dynamic.onnx');
    await writeFile(torn, (await readFile(MODEL)).subarray(0, 200_000));
    await expect(loadYunet(engine, torn)).rejects.toThrow(
      new RostroError('bad_model_file', `${torn}: the engine cannot load it.`),
    );
    const other = sharedPath('models', 'faceplugin', 'fr_feature.onnx');
    await expect(loadYunet(engine, other)).rejects.toThrow(
      new RostroError('bad_model_file', `${other} is another network than YuNet: it has no output cls_8.`),
    );
    await rm(folder, { recursive: true });
  });
});
