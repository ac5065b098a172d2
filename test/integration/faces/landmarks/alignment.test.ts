import { beforeAll, describe, expect, it } from 'vitest';
import { alignedBox } from '../../../../src/faces/embed/face-descriptor.js';
import { landmarks5From68 } from '../../../../src/faces/landmarks/landmarks68.js';
import { clipToImage, type Point } from '../../../../src/faces/image/box.js';
import { loadFaceApi, type FaceApi } from '../../../helpers/face-api.js';

describe('fiveOf68', () => {
  it('takes the middle of each eye, the tip of the nose and the corners of the mouth', () => {
    const points = Array.from({ length: 68 }, (_, i) => ({ x: i, y: 100 - i }));
    expect(landmarks5From68(points)).toEqual([
      { x: 38.5, y: 61.5 },
      { x: 44.5, y: 55.5 },
      { x: 30, y: 70 },
      { x: 48, y: 52 },
      { x: 54, y: 46 },
    ]);
  });
});

describe('alignedBox beside face-api', () => {
  let faceApi: FaceApi;
  beforeAll(async () => {
    ({ faceApi } = await loadFaceApi());
  });

  /** Numerical Recipes' linear congruential generator: 0..1, the same on every run. */
  function random(seed: number): () => number {
    let state = seed;
    return () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    };
  }

  it.each([
    ['in the middle of a photo', 200, 150, 80, 100],
    ['over the left and upper border', -30, -20, 80, 100],
    ['far over the left border, with a small crop', -70, 10, 12, 100],
    ['over the right and lower border', 590, 420, 50, 60],
  ])('agrees on 100 faces %s', (_, x, y, width, height) => {
    const next = random(7);
    const image = { width: 640, height: 480 };
    for (let face = 0; face < 100; face++) {
      const relative = Array.from({ length: 68 }, () => new faceApi.Point(next(), next() * 1.3 - 0.1));
      const theirs = new faceApi.FaceLandmarks68(relative, { width, height }, new faceApi.Point(x, y));
      const square = theirs.align(null, { useDlibAlignment: true });
      const points: Point[] = theirs.positions.map((point) => ({ x: point.x, y: point.y }));

      const ours = alignedBox(points, { width, height });
      expect(ours).toEqual({ x: square.x, y: square.y, width: square.width, height: square.height });
      const clipped = new faceApi.Box(square).clipAtImageBorders(image.width, image.height);
      if (clipped.width > 0 && clipped.height > 0) {
        expect(Object.values(clipToImage(ours, image))).toEqual([clipped.x, clipped.y, clipped.width, clipped.height]);
      }
    }
  });
});
