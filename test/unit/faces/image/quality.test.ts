import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { measureQuality, qualityParts, qualityScore, sharpnessOf } from '../../../../src/faces/image/quality.js';
import { toGrey } from '../../../../src/faces/image/image.js';
import { readPhoto } from '../../../helpers/photo.js';
import { samplePhoto } from '../../../helpers/shared.js';

const SIDE = 112;

/** A grey picture of one value a pixel. */
function grey(width: number, height: number, valueAt: (x: number, y: number) => number) {
  const data = new Uint8Array(3 * width * height);
  for (let i = 0; i < width * height; i++) data.fill(valueAt(i % width, Math.floor(i / width)), 3 * i, 3 * i + 3);
  return { width, height, data };
}

const whole = (width: number, height: number) => ({ box: { x: 0, y: 0, width, height }, landmarks: null });

describe('greys', () => {
  it("are OpenCV's", () => {
    // cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY) of OpenCV 4.6.0
    const data = Uint8Array.from([255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255, 10, 20, 30, 200, 100, 50]);
    expect([...toGrey({ width: 6, height: 1, data }).data]).toEqual([76, 150, 29, 255, 18, 124]);
  });
});

describe('sharpness', () => {
  it('is the variance of the Laplacian at a deviation of 50, computed by hand', () => {
    // 4 × 4: zeros but for 90 at (1, 1). Laplacians of the inner four: 360, -90, -90, 0; mean 45, squared distances from
    // it 99225 + 18225 + 18225 + 2025 = 137700, variance 34425. Greys: mean 5.625, variance 90²/16 - 5.625² = 474.609375.
    const values = new Uint8Array(16);
    values[5] = 90;
    expect(sharpnessOf(values, 4)).toBeCloseTo((34425 * 2500) / 474.609375, 6);
  });

  it('of a chessboard is that of the sharpest picture there is, whatever its contrast', () => {
    // Greys a and b in turn: Laplacians ±4 (a - b), variance 16 (a - b)²; greys' variance (a - b)² / 4. So 64 × 2500.
    const board = (a: number, b: number) =>
      Uint8Array.from({ length: 36 }, (_, i) => ((i + Math.floor(i / 6)) % 2 ? a : b));
    expect(sharpnessOf(board(255, 0), 6)).toBeCloseTo(160_000, 6);
    expect(sharpnessOf(board(140, 120), 6)).toBeCloseTo(160_000, 6);
  });

  it('of one grey is 0, and of an even slope too', () => {
    expect(sharpnessOf(new Uint8Array(25).fill(80), 5)).toBe(0);
    expect(
      sharpnessOf(
        Uint8Array.from({ length: 25 }, (_, i) => 10 * (i % 5)),
        5,
      ),
    ).toBe(0);
  });

  it('falls with every blur, and neither with the light nor much with the size', async () => {
    const face = { left: 1020, top: 80, width: 400, height: 460 };
    const png = await sharp(samplePhoto(3)).extract(face).png().toBuffer();
    const measure = async (picture: Sharp) => {
      const image = await readPhoto((await picture.png().toBuffer()) as unknown as string);
      return measureQuality(image, whole(image.width, image.height)).sharpness;
    };
    const original = await measure(sharp(png));
    const blurred = [await measure(sharp(png).blur(4)), await measure(sharp(png).blur(10))];
    expect(original).toBeGreaterThan(2 * blurred[0]);
    expect(blurred[0]).toBeGreaterThan(2 * blurred[1]);
    expect(await measure(sharp(png).linear(0.5, 0))).toBeGreaterThan(0.8 * original);
    expect(await measure(sharp(png).resize(200))).toBeGreaterThan(0.7 * original);
  });
});

describe('the quality of a face', () => {
  it('has brightness and contrast of its greys, computed by hand', () => {
    // Left half 51, right half 153: mean 102 = 0.4 × 255, every grey 51 = 0.2 × 255 from it.
    const image = grey(SIDE, SIDE, (x) => (x < SIDE / 2 ? 51 : 153));
    const quality = measureQuality(image, whole(SIDE, SIDE));
    expect(quality.brightness).toBeCloseTo(0.4, 10);
    expect(quality.contrast).toBeCloseTo(0.2, 10);
    expect(quality).toMatchObject({ facePx: SIDE, pose: null });
  });

  it('looks at the box alone', () => {
    const image = grey(300, 200, (x, y) => (x >= 99 && x <= 150 && y >= 49 && y <= 90 ? 204 : 0));
    const quality = measureQuality(image, { box: { x: 100, y: 50, width: 50, height: 40 }, landmarks: null });
    expect(quality).toMatchObject({ facePx: 40, sharpness: 0, contrast: 0 });
    expect(quality.brightness).toBeCloseTo(0.8, 10);
  });

  it('counts and measures only what lies in the photo', () => {
    const image = grey(100, 60, () => 102);
    const sticksOut = measureQuality(image, { box: { x: 70, y: -20, width: 80, height: 200 }, landmarks: null });
    expect(sticksOut).toMatchObject({ facePx: 30, sharpness: 0 });
    expect(sticksOut.brightness).toBeCloseTo(0.4, 10);
    const outside = measureQuality(image, { box: { x: 500, y: 500, width: 10, height: 10 }, landmarks: null });
    expect(outside.facePx).toBe(1);
  });

  it('has the pose of the landmarks', () => {
    const landmarks = [
      { x: 30, y: 40 },
      { x: 70, y: 40 },
      { x: 50, y: 63 },
      { x: 35, y: 83 },
      { x: 65, y: 83 },
    ] as const;
    const { pose } = measureQuality(
      grey(100, 100, () => 9),
      { box: { x: 20, y: 20, width: 60, height: 80 }, landmarks },
    );
    expect(pose?.roll).toBe(0);
    expect(pose?.yaw).toBe(0);
    expect(Math.abs(pose!.pitch)).toBeLessThan(2);
  });
});

describe('the quality score', () => {
  const good = { facePx: 160, sharpness: 100, brightness: 0.5, contrast: 0.16, pose: { yaw: 10, pitch: -5, roll: 2 } };
  const inside = { outside: 0, landmarkDistance: 0.5 };
  const turned = (angles: object) => ({ pose: { yaw: 0, pitch: 0, roll: 0, ...angles } });
  const scoreOf = (changes: object, edge = inside) => qualityScore(qualityParts({ ...good, ...changes }, edge));

  it('of a good face is 1, with and without landmarks', () => {
    expect(qualityParts(good, inside)).toEqual({ size: 1, sharpness: 1, light: 1, pose: 1, edge: 1 });
    expect(scoreOf({ pose: null }, { outside: 0, landmarkDistance: Infinity })).toBe(1);
  });

  it.each<[number, object]>([
    // By hand: half of the way to the limit is 0.25, half of the way from there to the best value 0.75.
    [0.5, { facePx: 40 }],
    [0.25, { facePx: 20 }],
    [0.75, { facePx: 100 }],
    [0.5, { sharpness: 10 }],
    [0.25, { sharpness: 7 }],
    [0.75, { sharpness: 35 }],
    [0, { sharpness: 4 }],
    [0.5, { brightness: 0.12 }],
    [0.25, { brightness: 0.06 }],
    [0.5, { brightness: 0.85 }],
    [0.25, { brightness: 0.925 }],
    [0, { brightness: 1 }],
    [0.5, { contrast: 0.035 }],
    [0.25, { contrast: 0.0175 }],
    [0.5, turned({ yaw: -45 })],
    [0.75, turned({ yaw: 30 })],
    [0.5, turned({ pitch: 40 })],
    [0.5, turned({ roll: -20 })],
    [0.25, turned({ roll: 40 })],
    [0, turned({ roll: 170 })],
    [0.25, { facePx: 20, sharpness: 10 }],
  ])('is %d for %j', (expected, changes) => {
    expect(scoreOf(changes)).toBeCloseTo(expected, 9);
  });

  it('falls towards the edge of the picture, to 0.5 where the face counts as cut off', () => {
    const edges = [0.05, 0.1, 0.3, 0.5].map((outside) => scoreOf({}, { outside, landmarkDistance: 0.5 }));
    expect(edges.map((score) => score.toFixed(3))).toEqual(['1.000', '0.500', '0.250', '0.000']);
    expect(scoreOf({}, { outside: 0, landmarkDistance: 0.08 })).toBeCloseTo(0.5, 9);
  });

  it('counts liveness where it is known', () => {
    expect(qualityParts(good, inside, null)).not.toHaveProperty('liveness');
    expect(qualityScore(qualityParts(good, inside, 0.3))).toBe(0.3);
  });

  it('is measured with the rest', () => {
    const image = grey(SIDE, SIDE, (x) => (x < SIDE / 2 ? 51 : 153));
    const quality = measureQuality(image, whole(SIDE, SIDE));
    expect(quality.parts).toMatchObject({ size: 0.5 + (0.5 * (SIDE - 40)) / 120, light: 1, pose: 1, edge: 1 });
    expect(quality.score).toBe(Math.min(quality.parts.size, quality.parts.sharpness));
    expect(measureQuality(image, whole(SIDE, SIDE), 0.1)).toMatchObject({ score: 0.1, parts: { liveness: 0.1 } });
  });
});
