import sharp from 'sharp';
import { RostroError } from '../../shared/errors.js';
import type { RgbImage } from './image.js';
import { type ImageFormat, sniffImage } from './sniff.js';

/** libvips keeps up to 50 MB of what it has done, for the case that the same picture comes again. */
sharp.cache(false);

export interface DecodeLimits {
  readonly maxPixels: number;
}

const READABLE = new Set<ImageFormat>(['jpeg', 'png', 'gif', 'webp', 'tiff', 'avif']);

const ADVICE: Partial<Record<ImageFormat, string>> = {
  heic: 'HEIC photos cannot be read here; send a JPEG (on an iPhone: Settings, Camera, Formats, Most Compatible)',
  bmp: 'BMP pictures cannot be read here; send a JPEG or PNG',
  svg: 'SVG drawings cannot be read here; send a photo as JPEG or PNG',
};

/**
 * Bytes of a photo -> upright 8-bit sRGB pixels: EXIF orientation applied, transparency put on white, grey and CMYK
 * and 16-bit converted, the first frame of an animation. The pixel limit is checked on the header, before anything is
 * decoded.
 * @throws RostroError `not_an_image`, `unsupported_image`, `image_too_large`, `damaged_image`
 */
export async function decodeImage(bytes: Uint8Array, limits: DecodeLimits): Promise<RgbImage> {
  if (bytes.length === 0) throw new RostroError('not_an_image', 'The file is empty.');
  const format = sniffImage(bytes);
  if (format === null) throw new RostroError('not_an_image', 'The file is not a picture.');
  if (!READABLE.has(format)) throw new RostroError('unsupported_image', `${ADVICE[format]}.`);

  try {
    const { data, info } = await sharp(bytes, { limitInputPixels: limits.maxPixels, failOn: 'warning' })
      .rotate()
      .flatten({ background: 'white' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, data: threeChannels(data, info.channels) };
  } catch (cause) {
    throw (await tooLarge(bytes, limits)) ?? damaged(format, cause);
  }
}

/** sharp says in words only that the header names too many pixels, so they are looked up. */
async function tooLarge(bytes: Uint8Array, { maxPixels }: DecodeLimits): Promise<RostroError | null> {
  const header = await sharp(bytes, { limitInputPixels: false })
    .metadata()
    .catch(() => null);
  if (header === null || header.width * header.height <= maxPixels) return null;
  const { width, height } = header;
  return new RostroError(
    'image_too_large',
    `The picture has ${width} × ${height} pixels; at most ${maxPixels / 1e6} megapixels are taken.`,
    { details: { width, height, maxPixels } },
  );
}

function threeChannels(data: Uint8Array, channels: number): Uint8Array {
  if (channels === 3) return data;
  const rgb = new Uint8Array((data.length / channels) * 3);
  for (let from = 0, to = 0; to < rgb.length; from += channels, to += 3) rgb.fill(data[from], to, to + 3);
  return rgb;
}

function damaged(format: ImageFormat, cause: unknown): RostroError {
  return new RostroError('damaged_image', `The ${format.toUpperCase()} picture is damaged or incomplete.`, { cause });
}

const JPEG_QUALITY = 85;

/** Pixels -> a JPEG to look at. */
export function encodeJpeg({ width, height, data }: RgbImage): Promise<Uint8Array> {
  return sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: JPEG_QUALITY })
    .toBuffer();
}
