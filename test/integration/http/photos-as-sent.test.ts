import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as schemas from '../../../src/http/schemas.js';
import { anotherPerson, onePerson } from '../../helpers/portraits.js';
import { startServer, type TestServer } from '../../helpers/server.js';
import { hasShared, needsShared, samplePhoto, sharedPath } from '../../helpers/shared.js';

let server: TestServer;
let portrait: Buffer;
beforeAll(async () => {
  server = await startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api', WORKERS: '1', MAX_IMAGE_MEGAPIXELS: '12' });
  portrait = await onePerson();
});
afterAll(() => server.close());

async function send(path: string, bytes: Uint8Array, fields: Record<string, string> = {}): Promise<unknown> {
  const body = new FormData();
  body.append('file', new Blob([new Uint8Array(bytes)]), 'photo');
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  return (await fetch(`${server.url}${path}`, { method: 'POST', body })).json();
}
const detect = async (bytes: Uint8Array, query = '') => schemas.detection.parse(await send(`/detect${query}`, bytes));
const recognize = async (bytes: Uint8Array) => schemas.recognition.parse(await send('/recognize', bytes));
const enrol = async (bytes: Uint8Array, name: string) => {
  const { enrolled, rejected } = schemas.upload.parse(await send('/upload', bytes, { name }));
  expect(rejected).toEqual([]);
  return enrolled[0];
};
const codes = ({ warnings }: { warnings: readonly { code: string }[] }) => warnings.map(({ code }) => code);
const turned = (angle: number) => sharp(portrait).rotate(angle).jpeg({ quality: 95 }).toBuffer();

describe('a photo that lies on its side', () => {
  it('is not turned where the request says that it stands upright, nor from the webcam', async () => {
    const bytes = await turned(90);
    expect(await detect(bytes)).toMatchObject({ rotated: 90, faces: [{}] });
    expect(await detect(bytes, '?upright=true')).toMatchObject({ rotated: 0 });
    const recognition = schemas.recognition.parse(await send('/recognize?upright=true', bytes));
    expect(recognition.rotated).toBe(0);
    const { enrolled } = schemas.upload.parse(await send('/upload', bytes, { name: 'Lying', webcam: 'true' }));
    expect(enrolled.filter(({ rotated }) => rotated !== 0)).toEqual([]);
  });

  it.each([90, 180, 270])('by %i degrees is enrolled upright and recognises its owner', async (angle) => {
    const name = `Turned ${angle}`;
    const { rotated, example, box, ...enrolled } = await enrol(await turned(angle), name);
    expect([rotated, codes(enrolled)]).toEqual([angle, ['rotated']]);

    const crop = await fetch(`${server.url}/people/${encodeURIComponent(name)}/examples/${example}/crop`);
    expect(await detect(Buffer.from(await crop.arrayBuffer()))).toMatchObject({ rotated: 0, faces: [{}] });
    const [face] = (await recognize(portrait)).faces;
    expect(face.distance).toBeLessThan(0.3);

    // The box lies in the photo as it was sent, where the turned face is.
    const upright = (await detect(portrait)).faces[0].box;
    const { width, height } = await sharp(portrait).metadata();
    const centre = { x: upright.x + upright.width / 2, y: upright.y + upright.height / 2 };
    const expected = {
      90: { x: height - centre.y, y: centre.x },
      180: { x: width - centre.x, y: height - centre.y },
      270: { x: centre.y, y: width - centre.x },
    }[angle]!;
    expect(Math.abs(box.x + box.width / 2 - expected.x)).toBeLessThan(0.15 * box.width);
    expect(Math.abs(box.y + box.height / 2 - expected.y)).toBeLessThan(0.15 * box.height);
    await fetch(`${server.url}/people/${encodeURIComponent(name)}`, { method: 'DELETE' });
  });

  it('is compared upright', async () => {
    const body = new FormData();
    for (const bytes of [portrait, await turned(90)]) body.append('file', new Blob([new Uint8Array(bytes)]), 'photo');
    const reply = await fetch(`${server.url}/verify`, { method: 'POST', body });
    const { same, faces } = schemas.verification.parse(await reply.json());
    expect([same, faces.map(({ rotated }) => rotated)]).toEqual([true, [0, 90]]);
  });
});

describe('other formats', () => {
  it('a BMP is enrolled', async () => {
    const { data, info } = await sharp(portrait).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    const bmp = bmpOf(data, info.width, info.height);
    expect(await enrol(bmp, 'Bitmap')).toMatchObject({ rotated: 0, warnings: [] });
    expect((await recognize(portrait)).faces[0]).toMatchObject({ name: 'Bitmap' });
  });

  it('a JPEG without its end marker is enrolled, with a warning; half of one is not', async () => {
    const jpeg = await turned(0);
    expect(codes(await enrol(jpeg.subarray(0, -2), 'Snapshot'))).toEqual(['jpeg_repaired']);
    expect(codes(await recognize(jpeg.subarray(0, -2)))).toEqual(['jpeg_repaired']);
    const half = jpeg.subarray(0, jpeg.length / 2);
    expect(await send('/recognize', half)).toMatchObject({ error: { code: 'damaged_image' } });
  });

  it('a JPEG above the limit is shrunk, and its boxes are in the photo', async () => {
    const { width, height } = await sharp(portrait).metadata();
    const scale = Math.sqrt(20e6 / (width * height));
    const large = await sharp(portrait)
      .resize(Math.round(scale * width))
      .jpeg()
      .toBuffer();
    const [found, small] = [await detect(large), await detect(portrait)];
    expect(codes(found)).toEqual(['shrunk']);
    expect(found.image.width).toBe(Math.round(scale * width));
    const [large1, small1] = [found.faces[0].box, small.faces[0].box];
    expect(large1.width / small1.width / scale).toBeCloseTo(1, 1);
    expect((large1.y + large1.height) / (small1.y + small1.height) / scale).toBeCloseTo(1, 1);
  });

  it.skipIf(!hasShared)(`the photos of ../shared/cases are read${needsShared}`, async () => {
    const at = (name: string) => readFile(sharedPath('cases', name));
    expect((await detect(await at('no-eoi.jpg'))).faces).toHaveLength(1);
    expect((await detect(await at('samsung-sos.jpg'))).faces).toHaveLength(1);
    expect((await detect(await at('ivan.heic'))).faces).toHaveLength(1);
    expect(await detect(await at('no-exif-turned-90.jpg'))).toMatchObject({ rotated: 90, faces: [{}] });
    const [whole, tiles] = [
      await detect(await at('group-tiny.jpg')),
      await detect(await at('group-tiny.jpg'), '?tiles=true'),
    ];
    expect(whole.smallestFace).toBeGreaterThan(100);
    expect(tiles.smallestFace).toBeLessThan(50);
    expect(tiles.faces.length).toBeGreaterThanOrEqual(36);
  });
});

describe('small faces in a large photo', () => {
  it('are found in tiles, and the answer says what was looked for', async () => {
    const group = await readFile(samplePhoto(1));
    const wanted = await detect(group);
    const face = wanted.faces[0].box;
    const size = Math.round((60 / face.width) * wanted.image.width);
    const small = await sharp(group).resize(size).toBuffer();
    const photo = await sharp({ create: { width: 3600, height: 2400, channels: 3, background: '#888' } })
      .composite([
        { input: small, left: 100, top: 100 },
        { input: small, left: 2000, top: 1200 },
      ])
      .jpeg({ quality: 95 })
      .toBuffer();
    const [whole, tiles] = [await detect(photo), await detect(photo, '?tiles=true')];
    expect([whole.smallestFace, tiles.smallestFace]).toEqual([141, 38]);
    expect(tiles.faces.length).toBeGreaterThan(whole.faces.length);
    expect(tiles.faces.length).toBeGreaterThanOrEqual(2);
  });
});

describe('a face that the edge of the photo cuts', () => {
  it('is enrolled with a warning', async () => {
    const whole = await anotherPerson();
    const { faces, image } = await detect(whole);
    expect(codes(await enrol(whole, 'Whole'))).not.toContain('cut_off');
    const region = {
      left: 0,
      top: 0,
      width: Math.round(faces[0].box.x + 0.6 * faces[0].box.width),
      height: image.height,
    };
    const cut = await sharp(whole).extract(region).jpeg().toBuffer();
    expect(codes(await enrol(cut, 'Cut'))).toContain('cut_off');
  });
});

/** 24 bits, rows from the bottom. */
function bmpOf(rgb: Buffer, width: number, height: number): Buffer {
  const rowBytes = 4 * Math.ceil((3 * width) / 4);
  const file = Buffer.alloc(54 + rowBytes * height);
  file.write('BM');
  file.writeUInt32LE(54, 10);
  file.writeUInt32LE(40, 14);
  file.writeInt32LE(width, 18);
  file.writeInt32LE(height, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(24, 28);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = 3 * (y * width + x);
      file.set([rgb[from + 2], rgb[from + 1], rgb[from]], 54 + rowBytes * (height - 1 - y) + 3 * x);
    }
  }
  return file;
}
