import { readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import iconv from 'iconv-lite';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import * as schemas from '../../../src/http/schemas.js';
import { anotherFile } from '../../helpers/portraits.js';
import { rawZip } from '../../helpers/raw-zip.js';
import { startServer, type TestServer } from '../../helpers/server.js';
import { hasShared, needsShared, samplePhoto, sharedPath } from '../../helpers/shared.js';

let portrait: Buffer;
let server: TestServer;
beforeAll(async () => {
  portrait = await sharp(samplePhoto(3)).extract({ left: 1020, top: 80, width: 400, height: 460 }).jpeg().toBuffer();
  server = await startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api' });
}, 120_000);
afterAll(() => server.close());

const names = () => server.core.gallery.people().map(({ name }) => name);
async function forgetEveryone(): Promise<void> {
  for (const name of names()) await server.core.gallery.removePerson(name);
}

/** A multipart body whose texts are in another encoding. */
function form(encoding: string, fileName: string, fields: Record<string, string> = {}, photo = anotherFile(portrait)) {
  const part = (head: string, content: Buffer) =>
    Buffer.concat([iconv.encode(`--x\r\nContent-Disposition: form-data; ${head}\r\n\r\n`, encoding), content]);
  const parts = Object.entries(fields).map(([name, value]) => part(`name="${name}"`, iconv.encode(value, encoding)));
  const file = part(`name="file"; filename="${fileName}"`, photo);
  const body = Buffer.concat([...parts, file].flatMap((one) => [one, Buffer.from('\r\n')]));
  return {
    method: 'POST',
    headers: { 'content-type': 'multipart/form-data; boundary=x' },
    body: new Uint8Array(Buffer.concat([body, Buffer.from('--x--\r\n')])),
  };
}

const send = (path: string, options: RequestInit) => fetch(server.url + path, options);
const codeOf = async (reply: Response) => [reply.status, schemas.failure.parse(await reply.json()).error.code];
const json = (text: string, encoding: string) => ({
  headers: { 'content-type': 'application/json' },
  body: new Uint8Array(iconv.encode(text, encoding)),
});

describe('names that are not UTF-8', () => {
  it.each([
    ['José', 'cp1252'],
    ['张伟', 'gbk'],
  ])('%s in %s is recognised in file names, fields, queries and JSON', async (name, encoding) => {
    const escaped = [...iconv.encode(name, encoding)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
    const image = anotherFile(portrait).toString('base64');
    const requests = [
      await send('/upload', form(encoding, `${name}.jpg`)),
      await send('/upload', form(encoding, 'IMG_1.jpg', { name })),
      await send(`/upload?name=${escaped}`, form('utf8', 'IMG_1.jpg')),
      await send('/upload', { method: 'POST', ...json(`{"name":"${name}","image":"${image}"}`, encoding) }),
    ];
    expect(requests.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    expect(names()).toEqual([name]);
    const face = await send(`/api/v1/recognition/faces?subject=${escaped}`, form('utf8', 'a.jpg'));
    expect([face.status, await face.json()]).toEqual([201, expect.objectContaining({ subject: name })]);
    await forgetEveryone();
    const added = await send('/api/v1/recognition/subjects', {
      method: 'POST',
      ...json(`{"subject":"${name}"}`, encoding),
    });
    expect([added.status, await added.json()]).toEqual([201, { subject: name }]);
    await send('/api/v1/recognition/subjects', { method: 'DELETE' });
  });

  it.each([
    ['田中', 'shift_jis'],
    ['김철수', 'euc-kr'],
    ['Иван', 'cp1251'],
    ['José', 'cp850'],
  ])('%s in %s is refused everywhere, and nothing is stored', async (name, encoding) => {
    const escaped = [...iconv.encode(name, encoding)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
    const image = anotherFile(portrait).toString('base64');
    const refused = [
      send('/upload', form(encoding, `${name}.jpg`)),
      send('/upload', form(encoding, 'IMG_1.jpg', { name })),
      send(`/upload?name=${escaped}`, form('utf8', 'IMG_1.jpg')),
      send('/upload', { method: 'POST', ...json(`{"name":"${name}","image":"${image}"}`, encoding) }),
      send('/upload', { method: 'POST', ...json(`{"name":"Jos\\ufffd","image":"${image}"}`, 'utf8') }),
    ];
    for (const reply of refused) expect(await codeOf(await reply)).toEqual([422, 'bad_name']);
    const groups = await send('/upload', form(encoding, 'Ada.jpg', { group: name }));
    expect(await codeOf(groups)).toEqual([422, 'bad_details']);
    const subject = await send('/api/v1/recognition/subjects', {
      method: 'POST',
      ...json(`{"subject":"${name}"}`, encoding),
    });
    const face = await send(`/api/v1/recognition/faces?subject=${escaped}`, form('utf8', 'a.jpg'));
    expect([subject.status, face.status]).toEqual([400, 400]);
    expect(names()).toEqual([]);
    const { subjects } = z
      .object({ subjects: z.array(z.string()) })
      .parse(await (await send('/api/v1/recognition/subjects', {})).json());
    expect(subjects).toEqual([]);
  });

  it('cannot be given by renaming, and an old one can be renamed and erased', async () => {
    await send('/upload', form('utf8', 'Ada.jpg'));
    const rename = (from: string, name: string) =>
      send(`/people/${encodeURIComponent(from)}`, { method: 'PATCH', ...json(JSON.stringify({ name }), 'utf8') });
    expect(await codeOf(await rename('Ada', 'Jos\ufffd'))).toEqual([422, 'bad_name']);
    await server.core.gallery.rename('Ada', 'Jos\ufffd');
    expect((await send('/people/Jos%EF%BF%BD', {})).status).toBe(200);
    expect((await rename('Jos\ufffd', 'José')).status).toBe(200);
    await server.core.gallery.rename('José', 'Jos\ufffd');
    expect((await send('/people/Jos%EF%BF%BD', { method: 'DELETE' })).status).toBe(200);
    expect(names()).toEqual([]);
  });
});

describe('names that look alike', () => {
  it.each([
    ['Jose', 'José'],
    ['ada lovelace', 'Ada Lovelace'],
    ['AdaLovelace', 'Ada Lovelace'],
    ['Ａｄａ', 'Ada'],
    ['Pawel', 'Paweł'],
    ["O'Brien", 'O’Brien'],
    ['علیرضا', 'علی\u200cرضا'],
  ])('%s beside %s: both are enrolled, with a warning for the second', async (name, enrolled) => {
    const warningsOf = async (fileName: string) =>
      schemas.upload.parse(await (await send('/upload', form('utf8', fileName))).json()).enrolled[0].warnings;
    expect(await warningsOf(`${enrolled}.jpg`)).toEqual([]);
    const [warning, ...others] = await warningsOf(`${name}.jpg`);
    expect(warning).toMatchObject({ code: 'similar_name' });
    expect(warning.message).toContain(`"${enrolled}"`);
    expect(others).toEqual([]);
    expect(await warningsOf(`${name}.jpg`)).toEqual([]);
    expect(names()).toHaveLength(2);
    await forgetEveryone();
  });

  it('leaves names alone that differ in more', async () => {
    for (const name of ['か', 'が', 'राम', 'रोम', 'Ann', 'Anna']) {
      const reply = await send('/upload', form('utf8', `${name}.jpg`));
      expect(schemas.upload.parse(await reply.json()).enrolled[0].warnings).toEqual([]);
    }
    await forgetEveryone();
  });
});

describe('names in archives', () => {
  async function imported(zip: Buffer, query = '') {
    const reply = await send(`/import${query}`, form('utf8', 'people.zip', {}, zip));
    if (reply.status !== 202) return schemas.failure.parse(await reply.json()).error;
    const { id } = schemas.importJob.parse(await reply.json());
    for (;;) {
      const job = schemas.importJob.parse(await (await send(`/import/${id}`, {})).json());
      if (job.endedAt !== null) break;
      await setTimeout(50);
    }
    return schemas.importReport.parse(await (await send(`/import/${id}/report`, {})).json()).lines;
  }

  it('are asked for, and read in the encoding that is given', async () => {
    const zip = rawZip([{ name: iconv.encode('José.jpg', 'cp850'), bytes: portrait }]);
    expect(await imported(zip)).toMatchObject({
      code: 'encoding_unknown',
      details: { encodings: expect.arrayContaining([{ encoding: 'cp850', names: ['José.jpg'] }]) as unknown },
    });
    expect(names()).toEqual([]);
    expect(await imported(zip, '?encoding=utf-7')).toMatchObject({ code: 'bad_request' });
    expect(await imported(zip, '?encoding=CP850')).toMatchObject([{ person: 'José', outcome: 'enrolled' }]);
    await forgetEveryone();
  });

  it('warn of people whose names look alike', async () => {
    const other = await sharp(portrait).modulate({ brightness: 0.9 }).jpeg().toBuffer();
    const lines = await imported(
      rawZip(['Jose', 'José'].map((name, i) => ({ name: `${name}.jpg`, bytes: [portrait, other][i] }))),
    );
    const warned = (lines as { warnings: string[]; message: string | null }[]).filter(({ warnings }) =>
      warnings.includes('similar_name'),
    );
    expect(warned).toHaveLength(1);
    expect(warned[0].message).toMatch(/"Jos[eé]" is enrolled already/);
    await forgetEveryone();
  });

  it.skipIf(!hasShared)(`a list in NFC finds files in NFD${needsShared}`, async () => {
    const lines = await imported(await readFile(sharedPath('cases', 'csv-nfc-files-nfd.zip')));
    expect(lines).toBeInstanceOf(Array);
    expect((lines as { code: string | null }[]).map(({ code }) => code)).not.toContain('no_file');
    await forgetEveryone();
  });

  it.each(['NFC', 'NFD'])('a list in another form than %s finds its files', async (form) => {
    const listed = form === 'NFC' ? 'NFD' : 'NFC';
    const list = Buffer.from(`file;person\r\nfotos/José Núñez.jpg;José\r\n`.normalize(listed));
    const zip = rawZip([
      { name: 'list.csv', bytes: list },
      { name: 'fotos/José Núñez.jpg'.normalize(form), bytes: portrait },
    ]);
    expect(await imported(zip)).toMatchObject([{ person: 'José', outcome: 'enrolled' }]);
    await forgetEveryone();
  });
});
