import type { RgbImage } from './image.js';
import type { Size } from './resize-area.js';

/** Values of `biCompression`; those that embed a JPEG or PNG are for printers. */
const UNCOMPRESSED = 0;
const RLE8 = 1;
const RLE4 = 2;
const BIT_FIELDS = 3;
const ALPHA_BIT_FIELDS = 6;

const FILE_HEADER_BYTES = 14;
/** `BITMAPCOREHEADER`: 16-bit sizes and palette entries of three bytes. */
const CORE_BYTES = 12;
/** `BITMAPINFOHEADER`; masks follow it, and are a part of all longer headers. */
const INFO_BYTES = 40;

export interface BmpHeader extends Size {
  readonly bits: number;
  readonly compression: number;
  /** Rows are stored from the top. */
  readonly isTopDown: boolean;
  /** Where the pixels begin, bytes. */
  readonly pixelsAt: number;
  /** Red, green and blue. Null for palettes and 24 bits. */
  readonly masks: readonly [number, number, number] | null;
  /** R G B of each entry. */
  readonly palette: Uint8Array;
}

/**
 * Reads the headers of a BMP of Windows or OS/2 1.x.
 * Source: Microsoft, "Bitmap Storage" (BITMAPCOREHEADER, BITMAPINFOHEADER, BITMAPV4HEADER, BITMAPV5HEADER).
 * @throws Error for other headers; RangeError when the file is too short
 */
export function bmpHeader(bytes: Uint8Array): BmpHeader {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = file.readUInt32LE(FILE_HEADER_BYTES);
  const isCore = headerBytes === CORE_BYTES;
  if (!isCore && (headerBytes < INFO_BYTES || headerBytes > 124)) throw new Error('unknown header of a BMP');
  const width = isCore ? file.readUInt16LE(18) : file.readInt32LE(18);
  const height = isCore ? file.readUInt16LE(20) : file.readInt32LE(22);
  const bits = file.readUInt16LE(isCore ? 24 : 28);
  const compression = isCore ? UNCOMPRESSED : file.readUInt32LE(30);
  const hasMasks = compression === BIT_FIELDS || compression === ALPHA_BIT_FIELDS;
  const isReadable =
    (compression === UNCOMPRESSED && [1, 4, 8, 16, 24, 32].includes(bits)) ||
    (hasMasks && (bits === 16 || bits === 32)) ||
    (compression === RLE8 && bits === 8) ||
    (compression === RLE4 && bits === 4);
  if (!isReadable || width <= 0 || height === 0) throw new Error('unknown kind of BMP');
  const masksAt = FILE_HEADER_BYTES + INFO_BYTES;
  const maskBytes = hasMasks && headerBytes === INFO_BYTES ? (compression === BIT_FIELDS ? 12 : 16) : 0;
  return {
    width,
    height: Math.abs(height),
    bits,
    compression,
    isTopDown: height < 0,
    pixelsAt: file.readUInt32LE(10),
    masks: hasMasks
      ? [file.readUInt32LE(masksAt), file.readUInt32LE(masksAt + 4), file.readUInt32LE(masksAt + 8)]
      : defaultMasks(bits),
    palette: paletteOf(file, FILE_HEADER_BYTES + headerBytes + maskBytes, bits, isCore),
  };
}

function defaultMasks(bits: number): BmpHeader['masks'] {
  if (bits === 16) return [0x7c00, 0x3e0, 0x1f];
  return bits === 32 ? [0xff0000, 0xff00, 0xff] : null;
}

function paletteOf(file: Buffer, at: number, bits: number, isCore: boolean): Uint8Array {
  if (bits > 8) return new Uint8Array(0);
  const used = isCore ? 0 : file.readUInt32LE(46);
  const count = used > 0 && used < 2 ** bits ? used : 2 ** bits;
  const entryBytes = isCore ? 3 : 4;
  // Entries that are missing are black.
  const palette = new Uint8Array(3 * 2 ** bits);
  for (let i = 0; i < count && at + entryBytes * i + 3 <= file.length; i++) {
    const [blue, green, red] = file.subarray(at + entryBytes * i, at + entryBytes * i + 3);
    palette.set([red, green, blue], 3 * i);
  }
  return palette;
}

/**
 * Decodes the pixels. Transparency is ignored: many programs leave it empty.
 * @throws Error when the file is too short
 */
export function decodeBmp(bytes: Uint8Array, header: BmpHeader): RgbImage {
  const { width, height, compression } = header;
  const image = { width, height, data: new Uint8Array(3 * width * height) };
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).subarray(header.pixelsAt);
  if (compression === RLE8 || compression === RLE4) readRuns(source, header, image);
  else readRows(source, header, image);
  return image;
}

function readRows(source: Buffer, header: BmpHeader, { data }: RgbImage): void {
  const { width, height, bits, isTopDown, masks, palette } = header;
  const rowBytes = 4 * Math.ceil((width * bits) / 32);
  // The last row may lack its padding.
  if (source.length < (height - 1) * rowBytes + Math.ceil((width * bits) / 8)) throw new Error('the file is cut');
  const channels = masks?.map(channelOf) ?? [];
  for (let row = 0; row < height; row++) {
    const from = row * rowBytes;
    let to = 3 * width * (isTopDown ? row : height - 1 - row);
    for (let x = 0; x < width; x++, to += 3) {
      if (bits === 24) {
        data[to] = source[from + 3 * x + 2];
        data[to + 1] = source[from + 3 * x + 1];
        data[to + 2] = source[from + 3 * x];
      } else if (bits <= 8) {
        const packed = source[from + ((x * bits) >> 3)];
        const index = (packed >> (8 - bits - ((x * bits) & 7))) & ((1 << bits) - 1);
        for (let c = 0; c < 3; c++) data[to + c] = palette[3 * index + c];
      } else {
        const value = bits === 16 ? source.readUInt16LE(from + 2 * x) : source.readUInt32LE(from + 4 * x);
        for (let c = 0; c < 3; c++) data[to + c] = channels[c](value);
      }
    }
  }
}

/** @returns the 8-bit value of the bits that a mask selects */
function channelOf(mask: number): (value: number) => number {
  if (mask === 0) return () => 0;
  const shift = 31 - Math.clz32(mask & -mask);
  const most = mask >>> shift;
  return (value) => Math.round((((value & mask) >>> shift) * 255) / most);
}

/** Run-length encoding: pairs of a count and a value; a count of 0 begins an escape. */
function readRuns(source: Buffer, { width, height, bits, isTopDown, palette }: BmpHeader, { data }: RgbImage): void {
  let [x, row] = [0, 0];
  /** @param indexOf the palette index of each of the next pixels; those beyond the row are left out */
  const put = (count: number, indexOf: (i: number) => number): void => {
    let to = 3 * (width * (isTopDown ? row : height - 1 - row) + x);
    for (let i = 0; i < Math.min(count, width - x); i++, to += 3) {
      const index = indexOf(i);
      for (let c = 0; c < 3; c++) data[to + c] = palette[3 * index + c];
    }
    x += count;
  };
  const nibble = (packed: number, i: number) => (packed >> (i % 2 === 0 ? 4 : 0)) & 15;
  for (let at = 0; row < height;) {
    if (at + 2 > source.length) throw new Error('the file is cut');
    const [count, value] = source.subarray(at, at + 2);
    at += 2;
    const packed = count === 0 ? packedBytes(value, bits) : 0;
    if (at + packed > source.length) throw new Error('the file is cut');
    if (count > 0) {
      put(count, (i) => (bits === 8 ? value : nibble(value, i)));
    } else if (value === END_OF_ROW) {
      [x, row] = [0, row + 1];
    } else if (value === END_OF_PICTURE) {
      return;
    } else if (value === MOVE) {
      x += source[at];
      row += source[at + 1];
    } else {
      const start = at;
      put(value, (i) => (bits === 8 ? source[start + i] : nibble(source[start + (i >> 1)], i)));
    }
    at += packed;
  }
}

const END_OF_ROW = 0;
const END_OF_PICTURE = 1;
const MOVE = 2;

/** Bytes after an escape: an even number. */
function packedBytes(escape: number, bits: number): number {
  if (escape === MOVE) return 2;
  return escape < MOVE ? 0 : 2 * Math.ceil((escape * bits) / 16);
}
