import { RostroError } from '../../shared/errors.js';
import { bmpHeader, decodeBmp } from './bmp.js';
import { decodeHeif, heifHeader } from './heif.js';
import type { PhotoWarning, RgbImage } from './image.js';
import { plainJpegSize } from './jpeg-header.js';
import { repairJpeg } from './jpeg-repair.js';
import type { Size } from './resize-area.js';
import { type Metadata, sharp, type Sharp } from './sharp.js';
import { type ImageFormat, sniffImage } from './sniff.js';

export interface DecodeLimits {
  readonly maxPixels: number;
  /** Whether a JPEG of more pixels is decoded smaller where that takes no more memory; otherwise it is refused. */
  readonly shrinks?: boolean;
}

/** The formats that can be decoded, with the extensions of their files. */
const READABLE: Partial<Record<ImageFormat, readonly string[]>> = {
  jpeg: ['.jpg', '.jpeg'],
  png: ['.png'],
  webp: ['.webp'],
  avif: ['.avif'],
  heic: ['.heic', '.heif'],
  tiff: ['.tif', '.tiff'],
  gif: ['.gif'],
  bmp: ['.bmp'],
};

export const IMAGE_EXTENSIONS: readonly string[] = Object.values(READABLE).flat();

const ADVICE: Partial<Record<ImageFormat, string>> = {
  jxl: 'JPEG XL pictures are not supported; send a JPEG or PNG',
  video: 'This is a video, such as the MOV of a Live Photo; send the photo beside it',
  svg: 'SVG drawings are not supported; send a photo as JPEG or PNG',
};

/** What matters here; anything but the size and the samples is absent from a plain JPEG. */
type Header = Pick<Metadata, 'width' | 'height' | 'channels' | 'depth'> & Partial<Metadata>;

/** A photo whose header has been checked. */
export interface OpenedImage {
  /** The most memory that decoding takes, with the decoded pixels. */
  readonly memoryBytes: number;
  /** Of the upright photo; the decoded picture is smaller where the photo has been shrunk. */
  readonly size: Size;
  readonly warnings: readonly PhotoWarning[];
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
export async function openImage(bytes: Uint8Array, limits: DecodeLimits): Promise<OpenedImage> {
  if (bytes.length === 0) throw new RostroError('not_an_image', 'The file is empty.');
  const format = sniffImage(bytes);
  if (format === null) throw new RostroError('not_an_image', 'The file is not a picture.');
  if (!(format in READABLE)) throw new RostroError('unsupported_image', `${ADVICE[format]}.`);
  try {
    if (format === 'bmp') return openBmp(bytes, limits);
    if (format === 'heic') return await openHeif(bytes, limits);
    return await openWithSharp(bytes, format, limits);
  } catch (cause) {
    throw cause instanceof RostroError ? cause : damaged(format, cause);
  }
}

function openBmp(bytes: Uint8Array, { maxPixels }: DecodeLimits): OpenedImage {
  const header = bmpHeader(bytes);
  checkSize(header, 3, maxPixels);
  return opened('bmp', header, 3, () => decodeBmp(bytes, header));
}

async function openHeif(bytes: Uint8Array, { maxPixels }: DecodeLimits): Promise<OpenedImage> {
  const header = await heifHeader(bytes);
  const bytesPerPixel = 3 + WHOLE_BYTES.heic!;
  checkSize(header, bytesPerPixel, maxPixels);
  return opened('heic', header, bytesPerPixel, async () => {
    const { width, height, channels, data } = await decodeHeif(bytes, WHOLE_BYTES.heic! * header.width * header.height);
    return channels === 3 ? { width, height, data } : toRgb(rawImage({ width, height, data }, 4));
  });
}

async function openWithSharp(given: Uint8Array, format: ImageFormat, limits: DecodeLimits): Promise<OpenedImage> {
  const { bytes, faults } = format === 'jpeg' ? repairJpeg(given) : { bytes: given, faults: [] };
  const plain = format === 'jpeg' ? plainJpegSize(bytes) : null;
  const header: Header = plain
    ? { ...plain, channels: 3, depth: 'uchar' }
    : await sharp(bytes, { limitInputPixels: false, failOn: 'warning' }).metadata();
  const { width, height, orientation = 1 } = header;
  const pixelBytes = bytesPerPixel(header, format);
  const scale = limits.shrinks ? scaleToFit(header, format, limits.maxPixels) : 1;
  if (scale === 1) checkSize(header, pixelBytes, limits.maxPixels);
  const warnings: PhotoWarning[] = [];
  if (faults.length > 0) {
    const message = `The JPEG does not follow its standard (${faults.join(', ')}); it was read all the same.`;
    warnings.push({ code: 'jpeg_repaired', message });
  }
  const decoded = { width: Math.round(width * scale), height: Math.round(height * scale) };
  if (scale < 1) {
    const message = `The picture has ${width} × ${height} pixels and was shrunk to ${decoded.width} × ${decoded.height}.`;
    warnings.push({ code: 'shrunk', message });
  }
  const decode = async () => {
    const image = sharp(bytes, { limitInputPixels: scale < 1 ? false : limits.maxPixels, failOn: 'warning' });
    if (scale === 1) return plain ? rgbOf(image) : toRgb(image.rotate());
    const small = await toRgb(image.resize({ ...decoded, fit: 'fill' }));
    return orientation === 1 ? small : toRgb(rawImage(small, 3).rotate(TURNS[orientation]));
  };
  const size = orientation > 4 ? { width: height, height: width } : { width, height };
  return { ...opened(format, scale < 1 ? decoded : size, pixelBytes, decode), size, warnings };
}

function opened(
  format: ImageFormat,
  { width, height }: Size,
  pixelBytes: number,
  decode: () => RgbImage | Promise<RgbImage>,
): OpenedImage {
  return {
    memoryBytes: width * height * pixelBytes,
    size: { width, height },
    warnings: [],
    decode: async () => {
      try {
        return await decode();
      } catch (cause) {
        throw damaged(format, cause);
      }
    },
  };
}

function rawImage({ width, height, data }: RgbImage, channels: 3 | 4): Sharp {
  return sharp(data, { raw: { width, height, channels } });
}

function toRgb(image: Sharp): Promise<RgbImage> {
  return rgbOf(image.flatten({ background: 'white' }).toColourspace('srgb'));
}

async function rgbOf(image: Sharp): Promise<RgbImage> {
  const { data, info } = await image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data: threeChannels(data, info.channels) };
}

/** The most memory that one photo may take, in bytes for each pixel that is allowed: 400 MB for 50 megapixels. */
export const MEMORY_PER_PIXEL = 8;
/** Longer sides are allowed in any shape: the detectors shrink or cut such a photo without a large table. */
const ANY_SHAPE_PX = 8192;
/** Longer side of a larger photo, in shorter sides. A full turn of a phone's panorama has about 13. */
const MAX_ASPECT = 20;

function longestSide({ width, height }: Size): number {
  return Math.max(ANY_SHAPE_PX, MAX_ASPECT * Math.min(width, height));
}

/** The most pixels of a JPEG that is shrunk while it is decoded, in allowed pixels: the time grows with all of them. */
const MOST_SHRUNK = 4;
/** Clockwise turn of each EXIF orientation that is not mirrored, degrees. A shrunk photo is turned after it is decoded. */
const TURNS: Readonly<Record<number, number>> = { 1: 0, 3: 180, 6: 90, 8: 270 };
/** The shorter side of a shrunk photo must have room for a face. */
const SHORTEST_SHRUNK_PX = 64;

/**
 * How far a photo beyond the limits is shrunk. Only a JPEG whose rows are decoded one after another takes no memory for
 * the pixels that are left out.
 * @returns 1 where the photo is within the limits, or cannot be shrunk
 */
function scaleToFit(header: Header, format: ImageFormat, maxPixels: number): number {
  const { width, height, isProgressive, orientation = 1 } = header;
  const [shorter, longer] = [Math.min(width, height), Math.max(width, height)];
  const most = longestSide(header);
  if (format !== 'jpeg' || isProgressive || !(orientation in TURNS) || width * height > MOST_SHRUNK * maxPixels)
    return 1;
  const pixels = maxPixels * Math.min(1, MEMORY_PER_PIXEL / bytesPerPixel(header, format));
  const scale = Math.min(1, Math.sqrt(pixels / (width * height)), longer > most ? ANY_SHAPE_PX / longer : 1);
  return shorter * scale < SHORTEST_SHRUNK_PX ? 1 : scale;
}

/** @throws RostroError `image_too_large` */
function checkSize({ width, height }: Size, pixelBytes: number, maxPixels: number): void {
  const most = Math.floor(maxPixels * Math.min(1, MEMORY_PER_PIXEL / pixelBytes));
  const isTooLong = Math.max(width, height) > longestSide({ width, height });
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
/** Measured on 50 megapixels with sharp 0.35 beside the decoded pixels, HEIC on 12 with libheif 1.23; these formats are decoded as a whole. */
const WHOLE_BYTES: Partial<Record<ImageFormat, number>> = { webp: 5, gif: 5, avif: 12, heic: 12 };
/** Colour samples of a pixel; other subsampling counts as none. */
const CHROMA_SAMPLES: Readonly<Record<string, number>> = { '4:2:0': 1.5, '4:2:2': 2 };

/** Bytes that each pixel of a photo takes while it is decoded, with the decoded pixel. */
function bytesPerPixel(header: Header, format: ImageFormat): number {
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

/** Encodes pixels as a JPEG for display. @param maxSidePx a larger image is shrunk; default: no limit */
export function encodeJpeg({ width, height, data }: RgbImage, maxSidePx?: number): Promise<Uint8Array> {
  const encoder = sharp(data, { raw: { width, height, channels: 3 } }).jpeg({ quality: JPEG_QUALITY });
  if (maxSidePx === undefined) return encoder.toBuffer();
  return encoder.resize(maxSidePx, maxSidePx, { fit: 'inside', withoutEnlargement: true }).toBuffer();
}
