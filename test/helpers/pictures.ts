import { crc32, deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';

/** Small pictures made here, so that each odd format has a known content. */

export interface Rgb {
  readonly r: number;
  readonly g: number;
  readonly b: number;
}

export const RED: Rgb = { r: 250, g: 10, b: 10 };
export const GREEN: Rgb = { r: 10, g: 240, b: 10 };
export const BLUE: Rgb = { r: 10, g: 10, b: 250 };
export const YELLOW: Rgb = { r: 250, g: 250, b: 10 };

/** A width × height picture of one colour. */
export function plain(colour: Rgb, width = 40, height = 30): Sharp {
  return sharp({ create: { width, height, channels: 3, background: colour } });
}

/** Four quarters: red top left, green top right, blue bottom left, yellow bottom right. Raw RGB. */
export function quarters(width: number, height: number): Buffer {
  const data = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const colour = y < height / 2 ? (x < width / 2 ? RED : GREEN) : x < width / 2 ? BLUE : YELLOW;
      data.set([colour.r, colour.g, colour.b], (y * width + x) * 3);
    }
  }
  return data;
}

/** A PNG with width × height pixels in its header but only one row of data. */
export function hollowPng(width: number, height: number): Buffer {
  return pngOf(width, height, 2, Buffer.alloc(1 + width * 3));
}

/** A complete black PNG. Sharp takes half a minute for one that is a pixel wide. */
export function blackPng(width: number, height: number): Buffer {
  return pngOf(width, height, 0, Buffer.alloc(height * (1 + width)));
}

/** @param colour 0: grey, 2: RGB */
function pngOf(width: number, height: number, colour: 0 | 2, rows: Buffer): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, colour, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows, { level: 1 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}

/** The first box of a HEIC photo as an iPhone writes it. */
export function heicStart(): Buffer {
  const brands = Buffer.from('ftypheic\0\0\0\0mif1heic', 'latin1');
  const size = Buffer.alloc(4);
  size.writeUInt32BE(brands.length + 4);
  return Buffer.concat([size, brands, Buffer.alloc(64)]);
}
