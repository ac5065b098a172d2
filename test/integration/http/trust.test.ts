import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { fileSource } from '../../../src/privacy/audit/file-lines.js';
import { auditFolder } from '../../../src/app/state-stores.js';
import { verifyLog } from '../../../src/privacy/audit/verify.js';
import { readFloatMatrix } from '../../../src/shared/npy.js';
import * as schemas from '../../../src/http/schemas.js';
import { entriesIn, type Written } from '../../helpers/audit-log.js';
import { createKey } from '../../helpers/access.js';
import { anotherPerson, onePerson, onePersonAgain } from '../../helpers/portraits.js';
import { startServer, type TestServer } from '../../helpers/server.js';
import { unzipped } from '../../helpers/zip.js';
import { filesIn } from '../../helpers/gallery-fixture.js';

const NAMES = ['Ada Lovelace', 'Augusta King', 'Grace Hopper'];

let server: TestServer;
let folder: string;
let portrait: Buffer;
let again: Buffer;
let other: Buffer;
beforeAll(async () => {
  server = await startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api', AUDIT: 'all', LOG_LEVEL: 'debug' });
  folder = auditFolder(join(server.dataDir, '.state'));
  [portrait, again, other] = await Promise.all([onePerson(), onePersonAgain(), anotherPerson()]);
});
afterAll(() => server.close());

const call = (method: string, path: string, body?: Buffer | FormData | string) => {
  const type = typeof body === 'string' ? 'application/json' : 'image/jpeg';
  const headers = body instanceof FormData ? undefined : { 'content-type': type };
  return fetch(server.url + path, { method, headers, body: Buffer.isBuffer(body) ? new Uint8Array(body) : body });
};
const form = (...photos: Buffer[]) => {
  const body = new FormData();
  photos.forEach((photo, i) => body.append('file', new Blob([new Uint8Array(photo)]), `photo ${i}.jpg`));
  return body;
};
const person = (name: string) => `/people/${encodeURIComponent(name)}`;
const written = async (count: number): Promise<Written[]> => {
  await expect.poll(() => entriesIn(folder).length).toBeGreaterThanOrEqual(count);
  return entriesIn(folder);
};
/** Each file of the data folder with its path, as one text in which a byte is a character. */
const everyFile = () =>
  filesIn(server.dataDir)
    .filter((path) => !path.endsWith('/'))
    .map((path) => path + readFileSync(join(server.dataDir, path), 'latin1'))
    .join('\n');
const logLines = () => server.logged.map((line) => JSON.parse(line) as Record<string, unknown>);

async function sendLive(frame: Buffer): Promise<void> {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/live`);
  await new Promise<void>((resolve, reject) => {
    socket.on('open', () => socket.send(frame)).on('error', reject);
    socket.on('message', () => {
      socket.close();
      resolve();
    });
  });
}

describe('looking at photos', () => {
  it('leaves nothing of them, of faces or of vectors in any file or line', async () => {
    await call('POST', `/upload?name=${encodeURIComponent('Ada Lovelace')}`, portrait);
    const before = filesIn(server.dataDir).filter((path) => !path.startsWith('.state/audit/'));
    const replies = [
      await call('POST', '/recognize', again),
      await call('POST', '/recognize?session=abcdefgh12345678', other),
      await call('POST', '/detect', again),
      await call('POST', '/verify', form(again, other)),
    ];
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    await sendLive(again);
    await sendLive(other);
    const looks = (await written(2 + 5)).slice(2);
    expect(looks.map(({ action }) => action)).toEqual(['recognize', 'live', 'verify', 'live', 'live']);
    expect(filesIn(server.dataDir).filter((path) => !path.startsWith('.state/audit/'))).toEqual(before);

    const everything = everyFile() + server.logged.join('\n');
    for (const photo of [again, other]) {
      for (const text of [photo.toString('latin1'), photo.toString('base64')]) {
        // From the middle: all JPEG files begin alike.
        expect(everything.includes(text.slice(text.length / 2, text.length / 2 + 24))).toBe(false);
      }
    }
    for (const photo of [again, other]) {
      const [{ embedding }] = (await server.core.pipeline.run('analyse', { bytes: photo })).faces;
      const bytes = Buffer.from(embedding.buffer, embedding.byteOffset, embedding.byteLength);
      const forms = [bytes.subarray(0, 8).toString('latin1'), bytes.subarray(0, 24).toString('base64').slice(0, 28)];
      for (const text of [...forms, String(embedding[0]), embedding[1].toFixed(6)]) {
        expect(everything.includes(text)).toBe(false);
      }
    }
  });

  it('says with AUDIT=all whom a face was taken for, by pseudonym and distance', () => {
    const [enrolled, , recognized] = entriesIn(folder);
    expect(recognized).toMatchObject({ action: 'recognize', actor: { kind: 'local' } });
    const faces = recognized.faces as { subject: string | null; distance: number }[];
    expect(faces).toEqual([{ subject: enrolled.subject, distance: expect.any(Number) as number }]);
    expect(faces[0].distance).toBeLessThan(0.6);
  });
});

describe('the frames of a camera', () => {
  it('are told of when there is news in them, not each', async () => {
    const count = entriesIn(folder).length;
    for (let i = 0; i < 6; i++) await call('POST', '/recognize?session=camera-of-a-test', again);
    await call('POST', '/verify', form(again, other));
    const told = (await written(count + 2)).slice(count);
    expect(told.map(({ action }) => action)).toEqual(['live', 'verify']);
  });
});

describe('changes', () => {
  it('are in the log with whoever sent them, whichever way the body came', async () => {
    const count = entriesIn(folder).length;
    const photos = form(again);
    photos.append('name', 'Grace Hopper');
    await call('POST', '/upload', photos);
    await call('POST', '/upload', JSON.stringify({ image: other.toString('base64'), name: 'Grace Hopper' }));
    await call('PATCH', person('Ada Lovelace'), JSON.stringify({ name: 'Augusta King' }));
    const fresh = (await written(count + 6)).slice(count);
    expect(fresh.map(({ action, outcome }) => [action, outcome])).toEqual(
      ['enrol', 'enrol', 'rename'].flatMap((action) => [
        [action, 'begun'],
        [action, 'done'],
      ]),
    );
    for (const { actor } of fresh) expect(actor).toEqual({ kind: 'local' });
  });

  it('hand out all that is held on a person', async () => {
    const reply = await call('GET', `${person('Grace Hopper')}/export`);
    expect([reply.status, reply.headers.get('content-type')]).toEqual([200, 'application/zip']);
    expect(reply.headers.get('content-disposition')).toBe('attachment; filename="Grace Hopper.zip"');
    const files = await unzipped(Buffer.from(await reply.arrayBuffer()));
    const { examples } = await server.core.gallery.embeddedPerson('Grace Hopper');
    expect([...files.keys()]).toEqual([
      'person.json',
      'embeddings.npy',
      ...examples.map(({ id }) => `crops/${id}.jpg`),
      'audit.jsonl',
    ]);
    const { data, rows } = readFloatMatrix(files.get('embeddings.npy')!);
    expect(rows).toBe(2);
    expect([...data.slice(0, 128)]).toEqual([...examples[0].embedding]);
    const crop = readFileSync(join(server.dataDir, examples[0].crop!));
    expect(files.get(`crops/${examples[0].id}.jpg`)!.equals(crop)).toBe(true);
    expect(JSON.parse(files.get('person.json')!.toString())).toMatchObject({
      name: 'Grace Hopper',
      embedder: { dimension: 128 },
      examples: examples.map(({ id, addedAt }, row) => ({
        id,
        addedAt,
        row,
        quality: { pose: expect.anything() as object },
      })),
    });
    const lines = files.get('audit.jsonl')!.toString().trimEnd().split('\n');
    const actions = lines.map((line) => (JSON.parse(line) as Written).action);
    expect(actions).toEqual(['enrol', 'enrol', 'enrol', 'enrol', 'export', 'export']);
    expect((await call('GET', `${person('Nobody')}/export`)).status).toBe(404);
  });

  it('give a receipt for one example and for a person, and nothing of them is left', async () => {
    const { examples } = await server.core.gallery.embeddedPerson('Grace Hopper');
    const pieces = examples.flatMap(({ embedding, crop }) => {
      const bytes = Buffer.from(embedding.buffer, embedding.byteOffset, embedding.byteLength);
      const photo = readFileSync(join(server.dataDir, crop!), 'latin1');
      return [bytes.subarray(0, 16).toString('latin1'), photo.slice(photo.length / 2, photo.length / 2 + 24)];
    });
    for (const piece of pieces) expect(everyFile().includes(piece)).toBe(true);

    const one = schemas.deletedExample.parse(
      await (await call('DELETE', `${person('Grace Hopper')}/examples/${examples[0].id}`)).json(),
    );
    expect(one.receipt).toMatchObject({ person: 'Grace Hopper', examples: [examples[0].id], crops: 1, remaining: [] });
    expect(one.receipt.files).toEqual([examples[0].crop]);

    const all = schemas.deletedPerson.parse(await (await call('DELETE', person('Grace Hopper'))).json());
    expect(all.deleted).toMatchObject({ name: 'Grace Hopper', examples: 1 });
    expect(all.receipt).toMatchObject({ examples: [examples[1].id], crops: 1, classifier: 'none', elsewhere: [] });
    expect([...all.receipt.files].sort()).toEqual(
      [examples[1].crop, 'embeddings/Grace Hopper.json', 'embeddings/Grace Hopper.npy'].sort(),
    );
    const entry = entriesIn(folder)[all.receipt.audit!.line - 1];
    expect(entry).toMatchObject({ action: 'erase_person', change: all.receipt.id, outcome: 'done' });
    const anchor = [all.receipt.audit!];
    expect((await verifyLog(fileSource(folder), anchor)).findings).toEqual([]);

    const rest = everyFile();
    for (const piece of pieces) expect(rest.includes(piece)).toBe(false);
    expect(rest).not.toContain('Grace');
    expect(rest).not.toContain('Hopper');
  });
});

describe('the log of the server', () => {
  it('has a line for each request with its id, its route and no name', async () => {
    const reply = await call('GET', `${person('Augusta King')}/examples`);
    const id = reply.headers.get('x-request-id');
    await expect.poll(() => logLines().some((line) => line.id === id)).toBe(true);
    expect(logLines().find((line) => line.id === id)).toMatchObject({
      level: 'info',
      msg: 'request',
      method: 'GET',
      route: '/people/:name/examples',
      status: 200,
      ms: expect.any(Number) as number,
    });
    const live = logLines().filter(({ route }) => route === '/live');
    expect(live).toMatchObject([{ frames: 1 }, { frames: 1 }]);
    for (const name of [...NAMES, ...NAMES.map(encodeURIComponent)]) {
      expect(server.logged.join('')).not.toContain(name);
    }
    for (const word of NAMES.flatMap((name) => name.split(' '))) expect(server.logged.join('')).not.toContain(word);
  });
});

describe('a server with keys', () => {
  it('has in the log whose key a change came with, by upload, by JSON and without a body', async () => {
    const { key, id } = await createKey(server.dataDir, 'admin');
    const count = entriesIn(folder).length;
    const headers = { 'x-api-key': key };
    const photos = form(other);
    photos.append('name', 'Grace Hopper');
    const body = JSON.stringify({ name: 'Ada Lovelace' });
    const requests: [string, RequestInit][] = [
      ['/upload', { method: 'POST', headers, body: photos }],
      [person('Augusta King'), { method: 'PATCH', headers: { ...headers, 'content-type': 'application/json' }, body }],
      [person('Grace Hopper'), { method: 'DELETE', headers }],
      [`${person('Ada Lovelace')}/export`, { headers }],
    ];
    for (const [path, init] of requests) {
      const reply = await fetch(server.url + path, init);
      expect([path, reply.ok]).toEqual([path, true]);
      await reply.arrayBuffer();
    }
    const fresh = entriesIn(folder)
      .slice(count)
      .filter(({ action }) => action !== 'read');
    expect(fresh.map(({ action }) => action)).toEqual(
      ['enrol', 'rename', 'erase_person', 'export'].flatMap((action) => [action, action]),
    );
    for (const { actor } of fresh) expect(actor).toEqual({ kind: 'key', id });
    expect(server.logged.join('')).not.toContain(key);
  });
});
