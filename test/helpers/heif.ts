/**
 * HEIC files made box by box from coded HEVC pictures, as an iPhone writes them. libheif-js has no encoder.
 * Source of the layout: ISO/IEC 14496-12 and 23008-12; of the configuration record: ISO/IEC 14496-15.
 */

export interface HevcPicture {
  readonly width: number;
  readonly height: number;
  /** One intra picture, NAL units with start codes. */
  readonly stream: Buffer;
}

export interface HeicOptions {
  /** Quarter turns counter-clockwise that a viewer applies (`irot`). */
  readonly turns?: number;
  /** Claimed size; default: that of the picture. */
  readonly claims?: { readonly width: number; readonly height: number };
  /** Columns and rows of a picture that consists of equal tiles (`grid`); all tiles are the picture. */
  readonly grid?: readonly [columns: number, rows: number];
}

export function heicOf({ width, height, stream }: HevcPicture, options: HeicOptions = {}): Buffer {
  const units = nalUnits(stream);
  const data = Buffer.concat(units.filter((unit) => typeOf(unit) < 32).map(withLength));
  const [columns, rows] = options.grid ?? [1, 1];
  const tiles = options.grid ? columns * rows : 1;
  const size = options.claims ?? { width: width * columns, height: height * rows };
  const primary = options.grid ? tiles + 1 : 1;
  const descriptor = Buffer.from([0, 0, rows - 1, columns - 1, ...u16(size.width), ...u16(size.height)]);
  const items = Array.from({ length: tiles }, (_, i) => ({ id: i + 1, type: 'hvc1', data }));
  if (options.grid) items.push({ id: primary, type: 'grid', data: descriptor });

  const properties = [
    box('hvcC', configuration(units)),
    fullBox('ispe', 0, [...u32(width), ...u32(height)]),
    fullBox('ispe', 0, [...u32(size.width), ...u32(size.height)]),
    box('irot', Buffer.from([options.turns ?? 0])),
  ];
  /** Indices from 1; the highest bit says that a reader must understand the property. */
  const associated = items.flatMap(({ id, type }) => {
    const own = type === 'grid' ? [3] : [0x81, options.grid ? 2 : 3];
    const all = id === primary ? [...own, 0x84] : own;
    return [...u16(id), all.length, ...all];
  });
  const meta = (offset: number) => {
    let at = offset;
    const places = items.flatMap((item) => {
      const place = [...u16(item.id), 0, 0, 0, 1, ...u32(at), ...u32(item.data.length)];
      at += item.data.length;
      return place;
    });
    const links = options.grid
      ? [...u16(primary), ...u16(tiles), ...items.slice(0, tiles).flatMap(({ id }) => u16(id))]
      : [];
    return fullBox('meta', 0, [
      ...fullBox('hdlr', 0, [0, 0, 0, 0, ...Buffer.from('pict'), ...Buffer.alloc(13)]),
      ...fullBox('pitm', 0, u16(primary)),
      ...fullBox('iloc', 0, [0x44, 0, ...u16(items.length), ...places]),
      ...fullBox('iinf', 0, [...u16(items.length), ...items.flatMap(({ id, type }) => [...itemInfo(id, type)])]),
      ...box(
        'iprp',
        Buffer.concat([
          box('ipco', Buffer.concat(properties)),
          fullBox('ipma', 0, [...u32(items.length), ...associated]),
        ]),
      ),
      ...(options.grid ? fullBox('iref', 0, [...box('dimg', Buffer.from(links))]) : []),
    ]);
  };
  const start = box('ftyp', Buffer.from('heic\0\0\0\0mif1heic', 'latin1'));
  const offset = start.length + meta(0).length + 8;
  return Buffer.concat([start, meta(offset), box('mdat', Buffer.concat(items.map((item) => item.data)))]);
}

function itemInfo(id: number, type: string): Buffer {
  return fullBox('infe', 2, [...u16(id), 0, 0, ...Buffer.from(type), 0]);
}

function box(type: string, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(u32(body.length + 8)), Buffer.from(type), body]);
}

function fullBox(type: string, version: number, body: readonly number[] | Uint8Array): Buffer {
  return box(type, Buffer.concat([Buffer.from([version, 0, 0, 0]), Buffer.from(body)]));
}

function u16(value: number): number[] {
  return [value >> 8, value & 255];
}

function u32(value: number): number[] {
  return [...u16(Math.floor(value / 65_536)), ...u16(value % 65_536)];
}

function nalUnits(stream: Buffer): Buffer[] {
  const starts: number[] = [];
  const mark = Buffer.from([0, 0, 1]);
  for (let at = stream.indexOf(mark); at >= 0; at = stream.indexOf(mark, at + 3)) starts.push(at + 3);
  return starts.map((start, i) => {
    let end = i + 1 < starts.length ? starts[i + 1] - 3 : stream.length;
    while (stream[end - 1] === 0) end--;
    return stream.subarray(start, end);
  });
}

const typeOf = (unit: Buffer) => (unit[0] >> 1) & 63;

function withLength(unit: Buffer): Buffer {
  return Buffer.concat([Buffer.from(u32(unit.length)), unit]);
}

/** For 4:2:0 with 8 bits. */
function configuration(units: readonly Buffer[]): Buffer {
  const sets = [32, 33, 34].map((type) => units.find((unit) => typeOf(unit) === type)!);
  const sps = Buffer.from(sets[1].toString('latin1').replaceAll('\0\0\x03', '\0\0'), 'latin1');
  return Buffer.concat([
    Buffer.from([1]),
    sps.subarray(3, 15),
    Buffer.from([0xf0, 0, 0xfc, 0xfd, 0xf8, 0xf8, 0, 0, 0x0f, 3]),
    ...sets.map((unit) => Buffer.concat([Buffer.from([0x80 | typeOf(unit), ...u16(1), ...u16(unit.length)]), unit])),
  ]);
}

/** 96 × 64 pixels as {@link quarters} of `pictures.ts`; coded by x265 (CRF 20). */
export const HEVC_QUARTERS: HevcPicture = {
  width: 96,
  height: 64,
  stream: Buffer.from(
    'AAAAAUABDAH//wQIAAADAJ+oAAADAAAeugJAAAAAAUIBAQQIAAADAJ+oAAADAAAeoDCBBZbqSTC5oCAAAAMAIAAAAwMhAAAAAUQBwXKwIkAAAAEo' +
      'AawngHvw3//gFaeuSI1Fwg7pTPN86e96IV69+z93ZDZ69gWWDqPOofx/7cg//mYKgFK9Df7nnwfjHmVXbPAdxBByxqhUdH/9cLNyTCefNpIVn/zn' +
      'EQLiVOOeIO3e1jfPFfcidutqOxP0FL+4NkUtCgQXskQ5nuAPwxPxYr7N/yf6ftaUjWZYAdjcVkmSXCPmrypKqLlXP+wPcjpbWekW',
    'base64',
  ),
};
