import fc from 'fast-check';
import { decodeImage } from '../../../src/faces/image/decode.js';
import { heicStart, hollowPng, plain, quarters, RED } from '../pictures.js';
import { isRefusal, type Subject } from './fuzz.js';
import { mutated } from './mutate.js';
import sharp from 'sharp';

/** The server's default limits. */
const MAX_PIXELS = 50e6;

/** Small pictures of all supported formats, and the beginnings of some others. */
export async function pictureCorpus(): Promise<Buffer[]> {
  const picture = () => sharp(quarters(24, 16), { raw: { width: 24, height: 16, channels: 3 } });
  return [
    ...(await Promise.all([
      picture().jpeg().toBuffer(),
      picture().jpeg({ progressive: true }).withMetadata({ orientation: 6 }).toBuffer(),
      picture().toColourspace('cmyk').jpeg().toBuffer(),
      picture().png().toBuffer(),
      picture().png({ palette: true }).toBuffer(),
      picture().gif().toBuffer(),
      picture().webp().toBuffer(),
      picture().webp({ lossless: true }).toBuffer(),
      picture().tiff().toBuffer(),
      picture().tiff({ compression: 'lzw', tile: true, tileWidth: 16, tileHeight: 16 }).toBuffer(),
      picture().avif({ effort: 0 }).toBuffer(),
      plain(RED).png().toBuffer(),
    ])),
    hollowPng(6000, 6000),
    hollowPng(100_000, 100_000),
    hollowPng(1, 1_000_000),
    Buffer.from('<!---->'.repeat(146) + 'x'),
    heicStart(),
    Buffer.concat([Buffer.from('BM'), Buffer.alloc(64)]),
    Buffer.from(
      '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="file:///etc/passwd"/></svg>',
    ),
  ];
}

export function pictureInputs(corpus: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  return mutated(corpus, [
    '\xff\xd8\xff',
    '\xff\xda',
    'IHDR',
    'IDAT',
    'GIF89a',
    'RIFF',
    'WEBP',
    'ftypavif',
    'II*\0',
    '<svg>',
    '<!---->',
    '<?xml',
  ]);
}

export function pictures(corpus: readonly Uint8Array[]): Subject {
  return {
    name: 'images',
    inputs: pictureInputs(corpus),
    take: async (input) => {
      try {
        const { width, height, data } = await decodeImage(input, { maxPixels: MAX_PIXELS });
        if (data.length !== width * height * 3) throw new Error(`${data.length} bytes of ${width} × ${height}`);
        return true;
      } catch (error) {
        return isRefusal(error, ['not_an_image', 'unsupported_image', 'image_too_large', 'damaged_image']);
      }
    },
  };
}
