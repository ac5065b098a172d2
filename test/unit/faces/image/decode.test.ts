import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeImage, openImage } from '../../../../src/faces/image/decode.js';
import type { RgbImage } from '../../../../src/faces/image/image.js';
import { sniffImage } from '../../../../src/faces/image/sniff.js';
import {
  BLUE,
  GREEN,
  heicStart,
  hollowPng,
  plain,
  quarters,
  RED,
  YELLOW,
  type Rgb,
} from '../../../helpers/pictures.js';

const limits = { maxPixels: 50_000_000 };

function pixel({ width, data }: RgbImage, x: number, y: number): number[] {
  return [...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
}

function expectColour(image: RgbImage, x: number, y: number, { r, g, b }: Rgb, tolerance = 12) {
  pixel(image, x, y).forEach((value, i) => expect(Math.abs(value - [r, g, b][i])).toBeLessThanOrEqual(tolerance));
}

describe('decodeImage', () => {
  it('gives interleaved RGB of the size of the photo', async () => {
    const bytes = await sharp(quarters(40, 20), { raw: { width: 40, height: 20, channels: 3 } })
      .png()
      .toBuffer();
    const image = await decodeImage(bytes, limits);
    expect([image.width, image.height, image.data.length]).toEqual([40, 20, 40 * 20 * 3]);
    expect(pixel(image, 39, 19)).toEqual([YELLOW.r, YELLOW.g, YELLOW.b]);
  });

  /** Where the corners of the upright picture lie in the stored one, by the EXIF standard: [row 0 is, column 0 is]. */
  const stored: Record<number, (x: number, y: number, w: number, h: number) => [number, number]> = {
    1: (x, y) => [x, y],
    2: (x, y, w) => [w - 1 - x, y],
    3: (x, y, w, h) => [w - 1 - x, h - 1 - y],
    4: (x, y, _w, h) => [x, h - 1 - y],
    5: (x, y) => [y, x],
    6: (x, y, w) => [y, w - 1 - x],
    7: (x, y, w, h) => [h - 1 - y, w - 1 - x],
    8: (x, y, _w, h) => [h - 1 - y, x],
  };

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('turns a photo with EXIF orientation %i upright', async (orientation) => {
    const [width, height] = [40, 20];
    const turned = orientation >= 5;
    const upright = quarters(width, height);
    const raw = Buffer.alloc(upright.length);
    const [rawWidth, rawHeight] = turned ? [height, width] : [width, height];
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const [sx, sy] = stored[orientation](x, y, width, height);
        upright.copy(raw, (sy * rawWidth + sx) * 3, (y * width + x) * 3, (y * width + x) * 3 + 3);
      }
    }
    const bytes = await sharp(raw, { raw: { width: rawWidth, height: rawHeight, channels: 3 } })
      .withMetadata({ orientation })
      .png()
      .toBuffer();
    const image = await decodeImage(bytes, limits);
    expect([image.width, image.height]).toEqual([width, height]);
    expectColour(image, 2, 2, RED);
    expectColour(image, width - 3, 2, GREEN);
    expectColour(image, 2, height - 3, BLUE);
    expectColour(image, width - 3, height - 3, YELLOW);
  });

  it('converts CMYK', async () => {
    const bytes = await plain(RED).toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer();
    expect((await sharp(bytes).metadata()).channels).toBe(4);
    const image = await decodeImage(bytes, limits);
    const [r, g, b] = pixel(image, 5, 5);
    expect(image.data.length).toBe(40 * 30 * 3);
    expect(r).toBeGreaterThan(180);
    expect(Math.max(g, b)).toBeLessThan(80);
  });

  it('repeats grey in all three channels', async () => {
    const bytes = await plain({ r: 90, g: 90, b: 90 }).toColourspace('b-w').png().toBuffer();
    expect((await sharp(bytes).metadata()).channels).toBe(1);
    expect(pixel(await decodeImage(bytes, limits), 7, 7)).toEqual([90, 90, 90]);
  });

  it('puts transparency on white', async () => {
    const background = { ...BLUE, alpha: 0 };
    const bytes = await sharp({ create: { width: 8, height: 8, channels: 4, background } })
      .png()
      .toBuffer();
    expect(pixel(await decodeImage(bytes, limits), 4, 4)).toEqual([255, 255, 255]);
  });

  it('reduces 16 bits a channel to 8', async () => {
    const wide = Uint16Array.from({ length: 8 * 8 * 3 }, (_, i) => [65535, 32896, 257][i % 3]);
    const bytes = await sharp(wide, { raw: { width: 8, height: 8, channels: 3 } })
      .toColourspace('rgb16')
      .png()
      .toBuffer();
    expect((await sharp(bytes).metadata()).depth).toBe('ushort');
    const [r, g, b] = pixel(await decodeImage(bytes, limits), 3, 3);
    expect([r, g, b].map((value, i) => Math.abs(value - [255, 128, 1][i]) <= 1)).toEqual([true, true, true]);
  });

  it('takes the first frame of an animated WebP', async () => {
    const frames = await Promise.all([plain(GREEN).png().toBuffer(), plain(RED).png().toBuffer()]);
    const bytes = await sharp(frames, { join: { animated: true } })
      .webp({ lossless: true, delay: [100, 100] })
      .toBuffer();
    expect((await sharp(bytes).metadata()).pages).toBe(2);
    const image = await decodeImage(bytes, limits);
    expect([image.width, image.height]).toEqual([40, 30]);
    expectColour(image, 5, 5, GREEN, 2);
  });

  const jpeg = () =>
    sharp(quarters(640, 640), { raw: { width: 640, height: 640, channels: 3 } })
      .jpeg()
      .toBuffer();
  const cases: [string, () => Buffer | Promise<Buffer>, string, RegExp][] = [
    ['0 bytes', () => Buffer.alloc(0), 'not_an_image', /^The file is empty\.$/],
    [
      'text named .jpg',
      () => Buffer.from('Dear Ada,\nno picture here.'),
      'not_an_image',
      /^The file is not a picture\.$/,
    ],
    [
      'a truncated JPEG',
      async () => (await jpeg()).subarray(0, 1200),
      'damaged_image',
      /^The JPEG picture is damaged or incomplete\.$/,
    ],
    [
      'only the start of a PNG',
      async () => (await plain(RED).png().toBuffer()).subarray(0, 20),
      'damaged_image',
      /^The PNG picture is damaged/,
    ],
    [
      'a 30,000×30,000 PNG',
      () => hollowPng(30_000, 30_000),
      'image_too_large',
      /^The picture has 30000 × 30000 pixels; at most 50 megapixels/,
    ],
    [
      'the MOV of a Live Photo',
      () => Buffer.from('\0\0\0\x14ftypqt  \0\0\0\0qt  ', 'latin1'),
      'unsupported_image',
      /^This is a video, such as the MOV of a Live Photo; send the photo beside it\.$/,
    ],
    ['the start of a HEIC', heicStart, 'damaged_image', /^The HEIC picture is damaged or incomplete\.$/],
    [
      'JPEG XL',
      () => Buffer.from('\xff\x0a\0\0', 'latin1'),
      'unsupported_image',
      /^JPEG XL pictures are not supported; send a JPEG or PNG/,
    ],
    [
      'SVG',
      () => Buffer.from('<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"></svg>'),
      'unsupported_image',
      /^SVG drawings are not supported/,
    ],
    [
      'BMP without a header',
      () => Buffer.concat([Buffer.from('BM'), Buffer.alloc(60)]),
      'damaged_image',
      /^The BMP picture is damaged/,
    ],
  ];
  it.each(cases)('refuses %s', async (_, bytes, code, message) => {
    await expect(decodeImage(await bytes(), limits)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    });
  });

  it('checks the pixel limit before decoding and says the sizes', async () => {
    const bytes = await plain(RED, 200, 100).png().toBuffer();
    await expect(decodeImage(bytes, { maxPixels: 19_999 })).rejects.toMatchObject({
      code: 'image_too_large',
      details: { width: 200, height: 100, maxPixels: 19_999 },
    });
    await expect(decodeImage(bytes, { maxPixels: 20_000 })).resolves.toMatchObject({ width: 200, height: 100 });
  });
});

describe('a JPEG beyond the limit', () => {
  const shrinks = { maxPixels: 10_000, shrinks: true };
  const jpegOf = (width: number, height: number, orientation = 1, progressive = false) =>
    sharp(quarters(width, height), { raw: { width, height, channels: 3 } })
      .withMetadata({ orientation })
      .jpeg({ quality: 100, progressive })
      .toBuffer();

  it.each([
    [1, [RED, GREEN, BLUE, YELLOW]],
    [3, [YELLOW, BLUE, GREEN, RED]],
    [6, [BLUE, RED, YELLOW, GREEN]],
    [8, [GREEN, YELLOW, RED, BLUE]],
  ])('is shrunk, with orientation %i', async (orientation, corners) => {
    const opened = await openImage(await jpegOf(240, 160, orientation), shrinks);
    const [width, height] = orientation > 4 ? [160, 240] : [240, 160];
    expect(opened).toMatchObject({
      size: { width, height },
      warnings: [{ code: 'shrunk', message: 'The picture has 240 × 160 pixels and was shrunk to 122 × 82.' }],
    });
    const image = await opened.decode();
    expect([image.width, image.height]).toEqual(orientation > 4 ? [82, 122] : [122, 82]);
    const [right, bottom] = [image.width - 4, image.height - 4];
    [
      [3, 3],
      [right, 3],
      [3, bottom],
      [right, bottom],
    ].forEach(([x, y], i) => expectColour(image, x, y, corners[i], 30));
  });

  it.each<[string, () => Promise<Buffer>]>([
    ['more than four times as large', () => jpegOf(410, 100)],
    ['progressive', () => jpegOf(240, 160, 1, true)],
    ['mirrored', () => jpegOf(240, 160, 2)],
    ['too narrow for a face', () => jpegOf(600, 40)],
    ['a PNG', () => plain(RED, 240, 160).png().toBuffer()],
  ])('is refused if it is %s', async (_, bytes) => {
    await expect(openImage(await bytes(), shrinks)).rejects.toMatchObject({ code: 'image_too_large' });
  });

  it('is refused where nobody asks for a smaller picture', async () => {
    await expect(openImage(await jpegOf(240, 160), { maxPixels: 10_000 })).rejects.toMatchObject({
      code: 'image_too_large',
    });
  });
});

describe('sniffImage', () => {
  const sniff = (text: string) => sniffImage(Buffer.from(text));

  it.each([
    '<svg>',
    ' \n<SVG xmlns="http://www.w3.org/2000/svg">',
    '<?xml version="1.0"?>\n<!-- one --> <!-- two -->\n<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN">\n<svg>',
    '<!---->'.repeat(100) + '<svg>',
  ])('finds a drawing: %s', (text) => expect(sniff(text)).toBe('svg'));

  it.each(['<svgs>', '<html><svg>', '<!-- <svg>', 'x<svg>', '<?xml', '', ' '])('finds none: %s', (text) => {
    expect(sniff(text)).toBeNull();
  });

  it('reads each byte once, where a pattern took exponential time', () => {
    const hostile = ['<!---->'.repeat(146) + 'x', '<!--'.repeat(256), ' '.repeat(1024), '<?xml>'.repeat(170) + '<'];
    const start = performance.now();
    for (const text of hostile) for (let i = 0; i < 20; i++) expect(sniff(text)).toBeNull();
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

describe('the shape of a photo', () => {
  const refused = (width: number, height: number) =>
    expect(openImage(hollowPng(width, height), limits)).rejects.toMatchObject({
      code: 'image_too_large',
      message: `The picture has ${width} × ${height} pixels; its longer side may have 8192 pixels, or 20 times its shorter side.`,
    });

  it('may be long up to 8,192 pixels, and a panorama beyond', async () => {
    for (const [width, height] of [
      [8192, 1],
      [1, 8192],
      [16_000, 3000],
      [30_000, 1500],
    ]) {
      await expect(openImage(hollowPng(width, height), limits)).resolves.toBeDefined();
    }
    for (const [width, height] of [
      [8193, 1],
      [1, 49_999_999],
      [49_999_999, 1],
      [30_001, 1500],
    ]) {
      await refused(width, height);
    }
  });

  it('takes no more memory than is allowed, whatever the format', async () => {
    const png = (progressive: boolean) =>
      sharp({ create: { width: 90, height: 100, channels: 4, background: RED } })
        .toColourspace('rgb16')
        .png({ progressive })
        .toBuffer();
    await expect(openImage(await png(false), { maxPixels: 9000 })).resolves.toMatchObject({ memoryBytes: 27_000 });
    await expect(openImage(await png(true), { maxPixels: 9000 })).rejects.toMatchObject({
      code: 'image_too_large',
      message: 'The picture has 90 × 100 pixels; at most 0.00654 megapixels are taken of this kind of file.',
      details: { width: 90, height: 100, maxPixels: 6545 },
    });
  });
});
