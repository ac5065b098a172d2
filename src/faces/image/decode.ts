import sharp from 'sharp';
import { RostroError } from '../../shared/errors.js';
import type { RgbImage } from './image.js';

/** Image formats, detected from the first bytes; file names and content types are ignored. */
export type ImageFormat = 'jpeg' | 'png' | 'gif' | 'webp' | 'tiff' | 'avif' | 'heic' | 'bmp' | 'svg';

const HEIC_BRANDS = new Set(['heic', 'heix', 'hevc', 'hevx', 'heim', 'heis', 'mif1', 'msf1']);
const AVIF_BRANDS = new Set(['avif', 'avis']);

/**
 * @returns null for unknown formats
 * Source of the signatures: each format's specification; ISO/IEC 14496-12 for the `ftyp` box of AVIF and HEIC.
 */
export function sniffImage(bytes: Uint8Array): ImageFormat | null {
  const ascii = (start: number, end: number) => Buffer.from(bytes.subarray(start, end)).toString('latin1');
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return 'jpeg';
  if (ascii(0, 8) === '\x89PNG\r\n\x1a\n') return 'png';
  if (/^GIF8[79]a$/.test(ascii(0, 6))) return 'gif';
  if (ascii(0, 4) === 'RIFF' && ascii(8, 12) === 'WEBP') return 'webp';
  if (ascii(0, 4) === 'II*\0' || ascii(0, 4) === 'MM\0*') return 'tiff';
  if (ascii(4, 8) === 'ftyp') return sniffIsoMedia(ascii(8, 64));
  if (ascii(0, 2) === 'BM' && bytes.length > 26) return 'bmp';
  if (/^\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*(<!DOCTYPE svg[^>]*>\s*)?<svg[\s>]/is.test(ascii(0, 1024))) return 'svg';
  return null;
}

/** @param brands the bytes after `ftyp`: major brand, version, then compatible brands, four characters each */
function sniffIsoMedia(brands: string): ImageFormat | null {
  const names = [0, ...Array.from({ length: 12 }, (_, i) => 8 + 4 * i)].map((at) => brands.slice(at, at + 4));
  if (names.some((name) => AVIF_BRANDS.has(name))) return 'avif';
  if (names.some((name) => HEIC_BRANDS.has(name))) return 'heic';
  return null;
}

/** libvips would cache up to 50 MB of results; the same image rarely comes twice. */
sharp.cache(false);

export interface DecodeLimits {
  readonly maxPixels: number;
}

/** The formats that can be decoded, with the extensions of their files. */
const READABLE: Partial<Record<ImageFormat, readonly string[]>> = {
  jpeg: ['.jpg', '.jpeg'],
  png: ['.png'],
  webp: ['.webp'],
  avif: ['.avif'],
  tiff: ['.tif', '.tiff'],
  gif: ['.gif'],
};

export const IMAGE_EXTENSIONS: readonly string[] = Object.values(READABLE).flat();

const ADVICE: Partial<Record<ImageFormat, string>> = {
  heic: 'HEIC photos are not supported; send a JPEG (on an iPhone: Settings, Camera, Formats, Most Compatible)',
  bmp: 'BMP pictures are not supported; send a JPEG or PNG',
  svg: 'SVG drawings are not supported; send a photo as JPEG or PNG',
};

/**
 * Decodes a photo to upright 8-bit sRGB pixels: EXIF orientation applied, transparency on white, grey, CMYK and 16-bit
 * converted, the first frame of an animation. The pixel limit is checked on the header, before decoding.
 * @throws RostroError `not_an_image`, `unsupported_image`, `image_too_large`, `damaged_image`
 */
export async function decodeImage(bytes: Uint8Array, limits: DecodeLimits): Promise<RgbImage> {
  if (bytes.length === 0) throw new RostroError('not_an_image', 'The file is empty.');
  const format = sniffImage(bytes);
  if (format === null) throw new RostroError('not_an_image', 'The file is not a picture.');
  if (!(format in READABLE)) throw new RostroError('unsupported_image', `${ADVICE[format]}.`);

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

/** sharp reports exceeded pixel limits only in its message, so the header is read again. */
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

/** Encodes pixels as a JPEG for display. */
export function encodeJpeg({ width, height, data }: RgbImage): Promise<Uint8Array> {
  return sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: JPEG_QUALITY })
    .toBuffer();
}
