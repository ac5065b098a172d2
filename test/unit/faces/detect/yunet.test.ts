import { describe, expect, it } from 'vitest';
import type { Engine, Feed, Session, Tensor } from '../../../../src/engine/engine.js';
import { belongsToTile, suppress } from '../../../../src/faces/detect/tiles.js';
import { loadYunet, runYunet, tilesFor } from '../../../../src/faces/detect/yunet.js';
import type { DetectedFace } from '../../../../src/faces/detect/detector.js';
import { iou } from '../../../../src/faces/image/box.js';
import type { RgbImage } from '../../../../src/faces/image/image.js';
import { seededRandom } from '../../../../src/shared/statistics/random.js';

const imageOf = (width: number, height: number): RgbImage => ({
  width,
  height,
  data: new Uint8Array(3 * width * height),
});

/** A face in the output of the network: the middle of a cell of stride 8, and sides e^size cells long. */
interface Hit {
  readonly column: number;
  readonly row: number;
  readonly score: number;
  readonly size: number;
}

/** Puts out what `hitsOf` says for each input. */
function scripted(hitsOf: (input: Feed) => readonly Hit[]): Session & { inputsSeen: Feed[] } {
  const inputsSeen: Feed[] = [];
  return {
    inputsSeen,
    inputs: ['input'],
    inputDims: [[1, 3, 'height', 'width']],
    outputs: [8, 16, 32].flatMap((stride) => ['cls', 'obj', 'bbox', 'kps'].map((name) => `${name}_${stride}`)),
    run({ input }) {
      inputsSeen.push(input);
      const [, , height, width] = input.dims;
      const outputs: Record<string, Tensor> = {};
      for (const stride of [8, 16, 32]) {
        const cells = (width / stride) * (height / stride);
        for (const [name, values] of Object.entries({ cls: 1, obj: 1, bbox: 4, kps: 10 })) {
          outputs[`${name}_${stride}`] = { data: new Float32Array(cells * values), dims: [1, cells, values] };
        }
      }
      for (const { column, row, score, size } of hitsOf(input)) {
        const cell = row * (width / 8) + column;
        outputs.cls_8.data[cell] = score;
        outputs.obj_8.data[cell] = 1.2;
        outputs.bbox_8.data.set([0.5, 0.5, size, size], 4 * cell);
        outputs.kps_8.data.set([0, 0, 1, 0, 0.5, 0.5, 0, 1, 1, 1], 10 * cell);
      }
      return Promise.resolve(outputs);
    },
    dispose: () => Promise.resolve(),
  };
}

const engineOf = (session: Session): Engine => ({
  name: 'test',
  provider: 'test',
  load: () => Promise.resolve(session),
});

describe('runYunet', () => {
  it('gives B G R planes padded with black, and decodes boxes, landmarks and scores', async () => {
    const image = imageOf(40, 20);
    image.data.set([10, 20, 30], 3);
    const session = scripted(() => [
      { column: 2, row: 1, score: 0.64, size: Math.log(2) },
      { column: 3, row: 1, score: 0.3, size: 0 },
    ]);
    const faces = await runYunet(session, image, 0.6);
    const [{ dims, data }] = session.inputsSeen;
    expect(dims).toEqual([1, 3, 32, 64]);
    expect([0, 1, 2].map((plane) => data[plane * 32 * 64 + 1])).toEqual([30, 20, 10]);
    expect(data.filter((value) => value !== 0)).toHaveLength(3);
    expect(faces).toHaveLength(1);
    // cx = (2 + 0.5) · 8 = 20, cy = 12; sides 2 · 8; score √(0.64 · 1).
    const [{ box, confidence, landmarks }] = faces;
    for (const [key, value] of Object.entries({ x: 12, y: 4, width: 16, height: 16 })) {
      expect(box[key as 'x']).toBeCloseTo(value, 4);
    }
    expect(confidence).toBeCloseTo(0.8, 6);
    expect(landmarks).toEqual([
      { x: 16, y: 8 },
      { x: 24, y: 8 },
      { x: 20, y: 12 },
      { x: 16, y: 16 },
      { x: 24, y: 16 },
    ]);
  });

  it('keeps the surer of two boxes that overlap', () => {
    const face = (x: number, confidence: number) => ({
      box: { x, y: 0, width: 10, height: 10 },
      confidence,
      landmarks: null,
    });
    // 5 of 15 is above 0.3, 4 of 16 below.
    expect(suppress([face(5, 0.7), face(0, 0.9), face(-6, 0.8)])).toEqual([face(0, 0.9), face(-6, 0.8)]);
  });

  it('keeps the same as when every pair is compared, and thousands of faces in no time', () => {
    const random = seededRandom(7);
    const faces = Array.from({ length: 8000 }, () => {
      const [x, y, side] = [3000 * random(), 3000 * random(), 10 + 60 * random() ** 2];
      return {
        box: { x, y, width: side, height: side * (0.8 + 0.4 * random()) },
        confidence: random(),
        landmarks: null,
      };
    });
    const some = faces.slice(0, 1000);
    const kept: DetectedFace[] = [];
    for (const face of [...some].sort((a, b) => b.confidence - a.confidence)) {
      if (kept.every(({ box }) => iou(box, face.box) <= 0.3)) kept.push(face);
    }
    expect(suppress(some)).toEqual(kept);
    const start = performance.now();
    expect(suppress(faces).length).toBeGreaterThan(2000);
    expect(performance.now() - start).toBeLessThan(1500);
  });
});

describe('the tiles of a photo', () => {
  it('are none where the whole photo shows the smallest face large enough', () => {
    expect(tilesFor({ width: 800, height: 700 }, 20)).toEqual([]);
    expect(tilesFor({ width: 640, height: 600 }, 16)).toEqual([]);
  });

  it.each([
    [4000, 3000, 20],
    [1280, 720, 20],
    [900, 800, 20],
    [2000, 300, 16],
    [700, 5000, 40],
    [30_000, 2000, 20],
  ])('cover %d × %d px for faces of %d px, as few as possible', (width, height, minFacePx) => {
    const tiles = tilesFor({ width, height }, minFacePx);
    const side = Math.max(1024, (minFacePx * 640) / 16);
    // The smallest face that is found in the whole photo has 16 px of 640.
    const overlap = Math.min((3 * 16 * Math.max(width, height)) / 640, side / 2);
    let count = 1;
    for (const [axis, size, total] of [
      ['x', 'width', width],
      ['y', 'height', height],
    ] as const) {
      const starts = [...new Set(tiles.map((tile) => tile[axis]))].sort((a, b) => a - b);
      const length = tiles[0][size];
      expect(tiles.every((tile) => tile[size] === length)).toBe(true);
      expect(length).toBeLessThanOrEqual(side);
      expect(starts[0]).toBe(0);
      expect(starts.at(-1)! + length).toBe(total);
      for (let i = 1; i < starts.length; i++) {
        expect(starts[i - 1] + length - starts[i]).toBeGreaterThanOrEqual(overlap - 1);
      }
      expect((starts.length - 1) * (side - overlap) + overlap).toBeLessThan(total);
      count *= starts.length;
    }
    expect(tiles).toHaveLength(count);
  });

  it('keep small faces that lie away from the edges between tiles', () => {
    // Found in the whole photo: faces of 50 px. Not counted: larger than 150 px, or nearer than 25 px to another tile.
    const photo = { width: 2000, height: 1000 };
    const tile = { x: 0, y: 0, width: 1000, height: 1000 };
    const at = (x: number, y: number, side = 100) => ({ x, y, width: side, height: side });
    expect(belongsToTile(at(400, 400), tile, photo, 50)).toBe(true);
    expect(belongsToTile(at(0, 890), tile, photo, 50)).toBe(true);
    expect(belongsToTile(at(874, 400), tile, photo, 50)).toBe(true);
    expect(belongsToTile(at(876, 400), tile, photo, 50)).toBe(false);
    expect(belongsToTile(at(200, 200, 150), tile, photo, 50)).toBe(true);
    expect(belongsToTile(at(200, 200, 151), tile, photo, 50)).toBe(false);
    expect(belongsToTile(at(1024, 400), { ...tile, x: 1000 }, photo, 50)).toBe(false);
    expect(belongsToTile(at(1026, 400), { ...tile, x: 1000 }, photo, 50)).toBe(true);
  });
});

describe('a photo that is searched in tiles', () => {
  it('gives each face once, in pixels of the photo', async () => {
    // The whole photo, 640 × 160, then three tiles of 982 × 640 that start at 0, 789 and 1578.
    const session = scripted(({ dims: [, , height] }) =>
      height === 160 ? [] : [{ column: 50, row: 40, score: 0.9, size: Math.log(8) }],
    );
    const yunet = await loadYunet(engineOf(session), 'yunet.onnx', { minFacePx: 16 });
    const faces = await yunet.detect(imageOf(2560, 640));
    expect(session.inputsSeen.map(({ dims }) => [dims[3], dims[2]])).toEqual([
      [640, 160],
      ...Array.from({ length: 3 }, () => [992, 640]),
    ]);
    expect(faces.map(({ box }) => Math.round(box.x))).toEqual([0, 789, 1578].map((start) => start + 372));
    expect(faces.map(({ box }) => Math.round(box.y))).toEqual([292, 292, 292]);
  });

  it('leaves out faces that are smaller than asked for', async () => {
    const session = scripted(() => [
      { column: 10, row: 10, score: 0.9, size: Math.log(4) },
      { column: 30, row: 10, score: 0.9, size: Math.log(6) },
    ]);
    const yunet = await loadYunet(engineOf(session), 'yunet.onnx', { minFacePx: 40 });
    expect((await yunet.detect(imageOf(320, 320))).map(({ box }) => Math.round(box.width))).toEqual([48]);
  });
});

describe('following with YuNet', () => {
  it('looks into a square of twice the size around each face', async () => {
    // In the middle of each square of 160 px, a face of half its side; nothing in a smaller one.
    const face = { column: 9, row: 9, score: 0.9, size: Math.log(10) };
    const session = scripted(({ dims: [, , height] }) => (height === 160 ? [face] : []));
    const yunet = await loadYunet(engineOf(session), 'yunet.onnx');
    const boxes = [
      { x: 100, y: 100, width: 150, height: 200 },
      { x: 600, y: 300, width: 80, height: 80 },
      { x: 0, y: 0, width: 20, height: 20 },
    ];
    const followed = await yunet.follow!(imageOf(800, 600), boxes);
    expect(session.inputsSeen.map(({ dims }) => dims.slice(2))).toEqual([
      [160, 160],
      [160, 160],
      [32, 32],
    ]);
    // The squares start at (−25, 0), clipped, and at (560, 260).
    expect(followed[1]!.box.x).toBeCloseTo(560 + 9.5 * 8 - 40, 3);
    expect(followed[1]!.landmarks![0]).toEqual({ x: 632, y: 332 });
    expect(followed[0]).not.toBeNull();
    expect(followed[2]).toBeNull();
  });
});
