import sharp, { type Metadata } from 'sharp';
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
  return isSvg(ascii(0, 1024).toLowerCase()) ? 'svg' : null;
}

/** What may come before the `<svg>` of a drawing. */
const SVG_PROLOGUE = [
  ['<?xml', '>'],
  ['<!--', '-->'],
  ['<!doctype svg', '>'],
] as const;

/** Reads every character once: a pattern for this took exponential time. @param text in lower case */
function isSvg(text: string): boolean {
  let at = 0;
  for (;;) {
    while (/\s/.test(text.charAt(at))) at++;
    const part = SVG_PROLOGUE.find(([begin]) => text.startsWith(begin, at));
    if (part === undefined) return /^<svg[\s>]/.test(text.slice(at, at + 5));
    const end = text.indexOf(part[1], at + part[0].length);
    if (end < 0) return false;
    at = end + part[1].length;
  }
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

/** A photo whose header has been checked. */
export interface OpenedImage {
  /** The most memory that decoding takes, with the decoded pixels. */
  readonly memoryBytes: number;
  /** @throws RostroError `damaged_image` */
  readonly decode: () => Promise<RgbImage>;
}

/**
 * Decodes a photo to upright 8-bit sRGB pixels: EXIF orientation applied, transparency on white, grey, CMYK and 16-bit
 * converted, the first frame of an animation.
 * @throws RostroError `not_an_image`, `unsupported_image`, `image_too_large`, `damaged_image`
 */
export async function decodeImage(bytes: Uint8Array, limits: DecodeLimits): Promise<RgbImage> {
  return (await openImage(bytes, limits)).decode();
}

/**
 * Reads the header of a photo only.
 * @throws RostroError `not_an_image`, `unsupported_image`, `image_too_large`, `damaged_image`
 */
export async function openImage(bytes: Uint8Array, { maxPixels }: DecodeLimits): Promise<OpenedImage> {
  if (bytes.length === 0) throw new RostroError('not_an_image', 'The file is empty.');
  const format = sniffImage(bytes);
  if (format === null) throw new RostroError('not_an_image', 'The file is not a picture.');
  if (!(format in READABLE)) throw new RostroError('unsupported_image', `${ADVICE[format]}.`);
  const header = await sharp(bytes, { limitInputPixels: false, failOn: 'warning' })
    .metadata()
    .catch((cause: unknown) => {
      throw damaged(format, cause);
    });
  checkSize(header, format, maxPixels);
  return {
    memoryBytes: header.width * header.height * bytesPerPixel(header, format),
    decode: () => decodePixels(bytes, format, maxPixels),
  };
}

async function decodePixels(bytes: Uint8Array, format: ImageFormat, maxPixels: number): Promise<RgbImage> {
  try {
    const { data, info } = await sharp(bytes, { limitInputPixels: maxPixels, failOn: 'warning' })
      .rotate()
      .flatten({ background: 'white' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, data: threeChannels(data, info.channels) };
  } catch (cause) {
    throw damaged(format, cause);
  }
}

/** The most memory that one photo may take, in bytes for each pixel that is allowed: 400 MB for 50 megapixels. */
export const MEMORY_PER_PIXEL = 8;
/** Longer sides are allowed in any shape: the detectors shrink or cut such a photo without a large table. */
const ANY_SHAPE_PX = 8192;
/** Longer side of a larger photo, in shorter sides. A full turn of a phone's panorama has about 13. */
const MAX_ASPECT = 20;

/** @throws RostroError `image_too_large` */
function checkSize(header: Metadata, format: ImageFormat, maxPixels: number): void {
  const { width, height } = header;
  const longer = Math.max(width, height);
  const most = Math.floor(maxPixels * Math.min(1, MEMORY_PER_PIXEL / bytesPerPixel(header, format)));
  const isTooLong = longer > Math.max(ANY_SHAPE_PX, MAX_ASPECT * Math.min(width, height));
  if (width * height <= most && !isTooLong) return;
  const limit =
    width * height > maxPixels || !isTooLong
      ? `at most ${Number((most / 1e6).toPrecision(3))} megapixels are taken${most < maxPixels ? ' of this kind of file' : ''}`
      : `its longer side may have ${ANY_SHAPE_PX} pixels, or ${MAX_ASPECT} times its shorter side`;
  throw new RostroError('image_too_large', `The picture has ${width} × ${height} pixels; ${limit}.`, {
    details: { width, height, maxPixels: most },
  });
}

/** Bytes of one sample, by sharp's name of its type. */
const SAMPLE_BYTES: Readonly<Record<string, number>> = {
  uchar: 1,
  char: 1,
  ushort: 2,
  short: 2,
  double: 8,
  complex: 8,
};
/** Measured on 50 megapixels with sharp 0.35 beside the decoded pixels; these formats are decoded as a whole. */
const WHOLE_BYTES: Partial<Record<ImageFormat, number>> = { webp: 5, gif: 5, avif: 12 };
/** Colour samples of a pixel; other subsampling counts as none. */
const CHROMA_SAMPLES: Readonly<Record<string, number>> = { '4:2:0': 1.5, '4:2:2': 2 };

/** Bytes that each pixel of a photo takes while it is decoded, with the decoded pixel. */
function bytesPerPixel(header: Metadata, format: ImageFormat): number {
  const { channels, depth, orientation = 1, isProgressive, chromaSubsampling = '' } = header;
  const pixel = channels * (SAMPLE_BYTES[depth] ?? 4);
  let bytes = 3 + (WHOLE_BYTES[format] ?? 0) * (depth === 'uchar' ? 1 : 2);
  if (format === 'jpeg' && isProgressive) bytes += 2 * (CHROMA_SAMPLES[chromaSubsampling] ?? channels);
  else if (format === 'tiff' || isProgressive) bytes += pixel;
  return orientation > 1 ? bytes + pixel : bytes;
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
