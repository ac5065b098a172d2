import { describe, expect, it } from 'vitest';
import { decodeImage, openImage } from '../../../../src/faces/image/decode.js';
import type { RgbImage } from '../../../../src/faces/image/image.js';
import { heicOf, HEVC_QUARTERS } from '../../../helpers/heif.js';
import { BLUE, GREEN, RED, type Rgb, YELLOW } from '../../../helpers/pictures.js';

const limits = { maxPixels: 50_000_000 };

/** The colours of the corners: top left, top right, bottom left, bottom right. */
function expectCorners({ width, height, data }: RgbImage, corners: readonly Rgb[]): void {
  const places = [3, width - 4].map((x) => [x]);
  const at = [3, height - 4].flatMap((y) => places.map(([x]) => 3 * (y * width + x)));
  at.forEach((start, i) => {
    const { r, g, b } = corners[i];
    [r, g, b].forEach((value, c) => expect(Math.abs(data[start + c] - value)).toBeLessThan(15));
  });
}

describe('a HEIC photo', () => {
  it('is decoded', async () => {
    const image = await decodeImage(heicOf(HEVC_QUARTERS), limits);
    expect([image.width, image.height, image.data.length]).toEqual([96, 64, 3 * 96 * 64]);
    expectCorners(image, [RED, GREEN, BLUE, YELLOW]);
  });

  it('is turned upright as the file says', async () => {
    const image = await decodeImage(heicOf(HEVC_QUARTERS, { turns: 1 }), limits);
    expect([image.width, image.height]).toEqual([64, 96]);
    expectCorners(image, [GREEN, YELLOW, RED, BLUE]);
  });

  it('is put together from tiles, as an iPhone writes it', async () => {
    const image = await decodeImage(heicOf(HEVC_QUARTERS, { grid: [3, 2] }), limits);
    expect([image.width, image.height]).toEqual([288, 128]);
    expectCorners(image, [RED, GREEN, BLUE, YELLOW]);
  });

  it('is cut to the size that its header claims', async () => {
    const image = await decodeImage(
      heicOf(HEVC_QUARTERS, { grid: [3, 2], claims: { width: 280, height: 120 } }),
      limits,
    );
    expect([image.width, image.height]).toEqual([280, 120]);
  });

  it.each([
    ['too many pixels', { width: 30_000, height: 30_000 }, /at most 26\.7 megapixels are taken of this kind of file/],
    ['too long a side', { width: 30_000, height: 100 }, /its longer side may have 8192 pixels/],
  ])('with %s is refused by its header', async (_, claims, message) => {
    const start = performance.now();
    await expect(openImage(heicOf(HEVC_QUARTERS, { claims }), limits)).rejects.toMatchObject({
      code: 'image_too_large',
      message: expect.stringMatching(message) as string,
    });
    expect(performance.now() - start).toBeLessThan(1000);
  });

  it('that is damaged is refused', async () => {
    const whole = heicOf(HEVC_QUARTERS, { grid: [3, 2] });
    const broken: Uint8Array[] = [whole.subarray(0, 100), whole.subarray(0, whole.length - 400)];
    const noise = Buffer.from(whole);
    for (let at = whole.length - 160; at < whole.length; at++) noise[at] = (at * 31) % 256;
    broken.push(whole.subarray(0, whole.length - 1400));
    for (const bytes of broken) {
      await expect(decodeImage(bytes, limits)).rejects.toMatchObject({
        code: 'damaged_image',
        message: 'The HEIC picture is damaged or incomplete.',
      });
    }
    // Wrong coefficients are no error for the decoder; they must not crash it.
    await decodeImage(noise, limits).catch((error: unknown) => expect(error).toMatchObject({ code: 'damaged_image' }));
  });
});
