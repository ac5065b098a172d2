import sharp, { type JpegOptions } from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeImage } from '../../../../src/faces/image/decode.js';
import { plainJpegSize } from '../../../../src/faces/image/jpeg-header.js';

const size = { width: 61, height: 43 };
let png: Buffer;
beforeAll(async () => {
  const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
  png = await sharp({ create: { ...size, channels: 3, background: '#888', noise } })
    .png()
    .toBuffer();
});
const jpeg = (options: JpegOptions = {}) => sharp(png).jpeg(options).toBuffer();

describe('a plain JPEG', () => {
  const kinds: readonly JpegOptions[] = [
    { quality: 95, chromaSubsampling: '4:4:4' },
    { quality: 60, chromaSubsampling: '4:2:0' },
    { optimiseCoding: false },
  ];

  it.each(kinds)('is known without the decoder, and gives the same pixels: %j', async (options) => {
    const bytes = await jpeg(options);
    expect(plainJpegSize(bytes)).toEqual(size);
    const { width, height, orientation, exif, icc } = await sharp(bytes).metadata();
    expect([{ width, height }, orientation, exif, icc]).toEqual([size, undefined, undefined, undefined]);
    const full = sharp(bytes).rotate().flatten({ background: 'white' }).toColourspace('srgb');
    const image = await decodeImage(bytes, { maxPixels: 1e6 });
    expect(Buffer.compare(image.data, await full.raw({ depth: 'uchar' }).toBuffer())).toBe(0);
  });

  it('may have a comment and a restart interval, and lie within other bytes', async () => {
    const bytes = await jpeg();
    const comment = [0xff, 0xfe, 0, 5, 97, 98, 99, 0xff, 0xdd, 0, 4, 0, 0];
    const changed = Buffer.concat([bytes.subarray(0, 2), Buffer.from(comment), bytes.subarray(2)]);
    const within = Buffer.concat([Buffer.alloc(7), changed]).subarray(7);
    expect(plainJpegSize(within)).toEqual(size);
  });

  it('is none where its header is cut anywhere', async () => {
    const bytes = await jpeg();
    const scan = bytes.indexOf(Buffer.from([0xff, 0xda]));
    for (let length = 0; length <= scan; length++) expect(plainJpegSize(bytes.subarray(0, length))).toBeNull();
  });
});

describe('left to the decoder', () => {
  const others: Readonly<Record<string, () => Promise<Buffer>>> = {
    'an orientation': () => sharp(png).withMetadata({ orientation: 6 }).jpeg().toBuffer(),
    'a colour profile': () => sharp(png).withIccProfile('p3').jpeg().toBuffer(),
    progressive: () => jpeg({ progressive: true }),
    grey: () => sharp(png).toColourspace('b-w').jpeg().toBuffer(),
    CMYK: () => sharp(png).toColourspace('cmyk').jpeg().toBuffer(),
  };

  it.each(Object.keys(others))('%s', async (kind) => expect(plainJpegSize(await others[kind]())).toBeNull());

  it('an orientation behind the frame', async () => {
    const [plain, turned] = [await jpeg(), await others['an orientation']()];
    const exif = turned.indexOf(Buffer.from([0xff, 0xe1]));
    const segment = turned.subarray(exif, exif + 2 + turned.readUInt16BE(exif + 2));
    const scan = plain.indexOf(Buffer.from([0xff, 0xda]));
    const late = Buffer.concat([plain.subarray(0, scan), segment, plain.subarray(scan)]);
    expect(plainJpegSize(late)).toBeNull();
    const { width, height } = await decodeImage(late, { maxPixels: 1e6 });
    expect({ width, height }).toEqual({ width: size.height, height: size.width });
  });
});
