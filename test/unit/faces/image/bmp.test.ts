import { describe, expect, it } from 'vitest';
import { decodeImage, openImage } from '../../../../src/faces/image/decode.js';

const limits = { maxPixels: 50_000_000 };

interface Header {
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  readonly compression?: number;
  /** R G B A masks or B G R 0 palette entries, behind the header. */
  readonly table?: readonly number[];
}

/** A BMP with `BITMAPINFOHEADER`. */
function bmpOf({ width, height, bits, compression = 0, table = [] }: Header, pixels: readonly number[]): Buffer {
  const header = Buffer.alloc(54);
  header.write('BM');
  header.writeUInt32LE(54 + table.length, 10);
  header.writeUInt32LE(40, 14);
  header.writeInt32LE(width, 18);
  header.writeInt32LE(height, 22);
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(bits, 28);
  header.writeUInt32LE(compression, 30);
  return Buffer.concat([header, Buffer.from(table), Buffer.from(pixels)]);
}

const PALETTE = [
  [0, 0, 0],
  [255, 0, 0],
  [0, 255, 0],
  [0, 0, 255],
];
const paletteOf = (bits: number) =>
  Array.from({ length: 2 ** bits }, (_, i) => [...[...(PALETTE[i] ?? [9, 9, 9])].reverse(), 0]).flat();
const shown = async (bytes: Buffer) => {
  const { width, height, data } = await decodeImage(bytes, limits);
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => {
      const at = 3 * (y * width + x);
      return PALETTE.findIndex((colour) => colour.every((value, c) => value === data[at + c]));
    }).join(''),
  );
};

describe('a BMP', () => {
  it.each<[string, Header, number[], string[]]>([
    [
      '1 bit',
      { width: 3, height: 2, bits: 1, table: paletteOf(1) },
      [0b01000000, 0, 0, 0, 0b10100000, 0, 0, 0],
      ['101', '010'],
    ],
    [
      '4 bits',
      { width: 3, height: 2, bits: 4, table: paletteOf(4) },
      [0x12, 0x30, 0, 0, 0x01, 0x20, 0, 0],
      ['012', '123'],
    ],
    ['8 bits', { width: 3, height: 2, bits: 8, table: paletteOf(8) }, [1, 2, 3, 0, 0, 1, 2, 0], ['012', '123']],
    ['from the top', { width: 3, height: -2, bits: 8, table: paletteOf(8) }, [1, 2, 3, 0, 0, 1, 2, 0], ['123', '012']],
    ['24 bits', { width: 2, height: 1, bits: 24 }, [0, 0, 255, 255, 0, 0, 0, 0], ['13']],
    ['24 bits, last padding missing', { width: 1, height: 2, bits: 24 }, [0, 0, 255, 0, 0, 255, 0], ['2', '1']],
    ['16 bits', { width: 2, height: 1, bits: 16 }, [0x00, 0x7c, 0xe0, 0x03], ['12']],
    ['32 bits', { width: 2, height: 1, bits: 32 }, [0, 0, 255, 0, 255, 0, 0, 0], ['13']],
    [
      '16 bits with masks',
      { width: 2, height: 1, bits: 16, compression: 3, table: [0, 0xf8, 0, 0, 0xe0, 7, 0, 0, 0x1f, 0, 0, 0] },
      [0x00, 0xf8, 0x1f, 0x00],
      ['13'],
    ],
    [
      'runs of 8 bits',
      { width: 4, height: 3, bits: 8, compression: 1, table: paletteOf(8) },
      [3, 1, 0, 0, 0, 3, 2, 3, 1, 0, 0, 0, 0, 2, 1, 0, 2, 2, 0, 1],
      ['0220', '2310', '1110'],
    ],
    [
      'runs of 4 bits',
      { width: 4, height: 2, bits: 4, compression: 2, table: paletteOf(4) },
      [4, 0x12, 0, 0, 0, 3, 0x32, 0x10, 0, 1],
      ['3210', '1212'],
    ],
  ])('is read: %s', async (_, header, pixels, rows) => {
    expect(await shown(bmpOf(header, pixels))).toEqual(rows);
  });

  it('of OS/2 is read', async () => {
    const header = Buffer.alloc(26);
    header.write('BM');
    header.writeUInt32LE(26, 10);
    header.writeUInt32LE(12, 14);
    header.writeUInt16LE(2, 18);
    header.writeUInt16LE(1, 20);
    header.writeUInt16LE(24, 24);
    expect(await shown(Buffer.concat([header, Buffer.from([0, 0, 255, 0, 255, 0, 0, 0])]))).toEqual(['12']);
  });

  it.each<[string, Header, number[]]>([
    ['that is cut', { width: 3, height: 2, bits: 24 }, [1, 2, 3, 4]],
    ['whose runs are cut', { width: 4, height: 2, bits: 8, compression: 1, table: paletteOf(8) }, [4, 1, 0]],
    ['with another depth', { width: 3, height: 2, bits: 7 }, []],
    ['with a JPEG within', { width: 3, height: 2, bits: 24, compression: 4 }, []],
    ['without a width', { width: 0, height: 2, bits: 24 }, []],
  ])('%s is damaged', async (_, header, pixels) => {
    await expect(decodeImage(bmpOf(header, pixels), limits)).rejects.toMatchObject({
      code: 'damaged_image',
      message: 'The BMP picture is damaged or incomplete.',
    });
  });

  it.each([
    [30_000, 30_000],
    [50_000_000, 1],
    [1, -50_000_000],
  ])('of %i × %i pixels is refused by its header', async (width, height) => {
    const bytes = bmpOf({ width, height, bits: 8, compression: 1, table: paletteOf(8) }, [0, 1]);
    await expect(openImage(bytes, limits)).rejects.toMatchObject({ code: 'image_too_large' });
  });

  it('of hostile runs takes linear time', async () => {
    const runs = Array.from({ length: 500_000 }, () => [255, 1]).flat();
    const bytes = bmpOf({ width: 10, height: 10, bits: 8, compression: 1, table: paletteOf(8) }, runs);
    const start = performance.now();
    await expect(decodeImage(bytes, limits)).rejects.toMatchObject({ code: 'damaged_image' });
    expect(performance.now() - start).toBeLessThan(1000);
  });
});
