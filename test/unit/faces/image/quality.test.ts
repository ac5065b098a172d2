import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { measureQuality, sharpnessOf } from '../../../../src/faces/image/quality.js';
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
