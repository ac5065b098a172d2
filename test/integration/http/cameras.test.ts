import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKeyFile } from '../../../src/gallery/sealing/key-file.js';
import { createKey } from '../../helpers/access.js';
import { startServer, type TestServer } from '../../helpers/server.js';

const PASSWORD = '12#34/n0t-t0-be-t0ld?@5';
const SOURCE = `rtsp://admin:${PASSWORD}@192.168.1.20:8554/n0t-t0-be-t0ld?token=n0t-t0-be-t0ld`;
/** In place of ffmpeg: pictures, or a failure if the path of the address says so. */
const FFMPEG = `#!/bin/sh
case "$*" in
  *locked*) echo "[rtsp @ 0x1] method DESCRIBE failed: 401 Unauthorized" >&2; exit 1 ;;
  *) printf 'P6 2 1 255\\nabcdef'; exec sleep 60 ;;
esac
`;

let folder: string;
let server: TestServer;
let settings: Parameters<typeof startServer>[0];
let keys: Record<'admin' | 'enrol', string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rostro-added-'));
  const [ffmpeg, cameras, key] = [join(folder, 'ffmpeg.sh'), join(folder, 'cameras.json'), join(folder, 'key')];
  await writeFile(ffmpeg, FFMPEG, { mode: 0o755 });
  await writeFile(cameras, JSON.stringify({ cameras: [{ id: 'hall', source: '/dev/video9', enabled: false }] }));
  await createKeyFile(key);
  settings = {
    DETECTOR: 'ssd',
    EMBEDDER: 'face-api',
    WORKERS: '1',
    ROSTRO_DATA: join(folder, 'data'),
    FFMPEG: ffmpeg,
    CAMERAS_FILE: cameras,
    ENCRYPTION_KEY_FILE: key,
  };
  server = await startServer(settings);
  const keyOf = async (scope: 'admin' | 'enrol') => (await createKey(server.dataDir, scope)).key;
  keys = { admin: await keyOf('admin'), enrol: await keyOf('enrol') };
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

/** Sends a request and remembers what came back. */
const answered: string[] = [];
async function send(method: string, path: string, body?: object, scope: 'admin' | 'enrol' = 'admin') {
  const headers = { authorization: `Bearer ${keys[scope]}`, 'content-type': 'application/json' };
  const reply = await fetch(`${server.url}${path}`, { method, headers, body: body && JSON.stringify(body) });
  const text = await reply.text();
  answered.push(text);
  const json = reply.headers.get('content-type')?.includes('json') ? (JSON.parse(text) as Record<string, unknown>) : {};
  return { status: reply.status, type: reply.headers.get('content-type'), json };
}

const codeOf = async (...request: Parameters<typeof send>) => {
  const { status, json } = await send(...request);
  return [status, (json.error as { code: string } | undefined)?.code];
};
const stored = () => readFile(join(server.dataDir, '.state', 'cameras.json'));

/** On a slow machine the lock of the folder is released a moment after the close. */
async function restart(): Promise<void> {
  await server.close();
  const start = () => startServer(settings).then((started) => (server = started));
  for (let tries = 0; tries < 20; tries++) {
    const isStarted = await start().then(
      () => true,
      () => false,
    );
    if (isStarted) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  await start();
}

describe('a camera that is added while the server runs', () => {
  it('starts at once, and is kept where only the server can read it', async () => {
    const { status, json } = await send('POST', '/cameras', { id: 'door', source: SOURCE, fps: 5 });
    expect([status, json.id, json.source, json.editable]).toEqual([201, 'door', 'rtsp://192.168.1.20:8554', true]);
    await expect.poll(async () => (await send('GET', '/cameras/door')).json.state).toBe('live');
    expect((await send('GET', '/cameras/door/snapshot')).type).toBe('image/jpeg');
    expect((await stat(join(server.dataDir, '.state', 'cameras.json'))).mode & 0o777).toBe(0o600);
    expect((await stored()).subarray(0, 5).toString()).toBe('RSEAL');
  });

  it('is tried before: a picture, or the code of the failure', async () => {
    expect(await send('POST', '/cameras/test', { source: SOURCE })).toMatchObject({ status: 200, type: 'image/jpeg' });
    const { status, json } = await send('POST', '/cameras/test', { source: `rtsp://admin:${PASSWORD}@cam/locked` });
    expect([status, json.error]).toMatchObject([
      422,
      { code: 'camera_failed', details: { failure: 'wrong_password' } },
    ]);
    expect((await send('POST', '/cameras/door/test', { rotate: 90 })).type).toBe('image/jpeg');
    expect(await codeOf('POST', '/cameras/door/test', { source: 'rtsp://cam/locked' })).toEqual([422, 'camera_failed']);
    expect((await send('GET', '/cameras')).json.cameras).toHaveLength(2);
  });

  it('is changed: what is not given stays, also the password', async () => {
    expect((await send('PATCH', '/cameras/door', { name: 'Front door', rotate: 90 })).json.name).toBe('Front door');
    await expect.poll(async () => (await send('GET', '/cameras/door')).json.state).toBe('live');
    const { json } = await send('GET', '/cameras/door/settings');
    expect(json).toMatchObject({
      source: 'rtsp://192.168.1.20:8554',
      fps: 5,
      rotate: 90,
      name: 'Front door',
      group: null,
    });
    await send('PATCH', '/cameras/door', { name: null });
    expect((await send('GET', '/cameras/door')).json.name).toBe('door');
    expect(server.core.cameras.get('door').settings.source).toBe(SOURCE);
  });

  it.each([
    ['POST', '/cameras', { id: 'door', source: SOURCE }, 409, 'camera_exists'],
    ['POST', '/cameras', { id: 'hall', source: SOURCE }, 409, 'camera_exists'],
    ['POST', '/cameras', { id: 'Yard', source: SOURCE }, 400, 'bad_request'],
    ['POST', '/cameras', { id: 'yard', source: '/etc/passwd' }, 400, 'bad_request'],
    ['POST', '/cameras', { id: 'yard', source: `ftp://admin:${PASSWORD}@cam` }, 400, 'bad_request'],
    ['POST', '/cameras', { id: 'yard', source: SOURCE, password: PASSWORD }, 400, 'bad_request'],
    ['POST', '/cameras/test', { source: 'door.mp4' }, 400, 'bad_request'],
    ['PATCH', '/cameras/door', { source: 'door.mp4' }, 400, 'bad_request'],
    ['PATCH', '/cameras/hall', { fps: 5 }, 409, 'camera_in_file'],
    ['DELETE', '/cameras/hall', undefined, 409, 'camera_in_file'],
    ['DELETE', '/cameras/none', undefined, 404, 'camera_not_found'],
  ] as const)('%s %s %j is refused', async (method, path, body, status, code) => {
    expect(await codeOf(method, path, body)).toEqual([status, code]);
  });

  it('is for administrators', async () => {
    for (const [method, path] of [
      ['POST', '/cameras'],
      ['POST', '/cameras/test'],
      ['PATCH', '/cameras/door'],
      ['DELETE', '/cameras/door'],
      ['GET', '/cameras/door/settings'],
    ]) {
      const body = method === 'GET' ? undefined : { id: 'x', source: SOURCE };
      expect(await codeOf(method, path, body, 'enrol')).toEqual([403, 'forbidden']);
    }
  });

  it('is there after a restart, and gone after its removal', async () => {
    await restart();
    await expect.poll(async () => (await send('GET', '/cameras/door')).json.state).toBe('live');
    expect((await send('GET', '/cameras/door/settings')).json).toMatchObject({ fps: 5, rotate: 90 });
    expect((await send('DELETE', '/cameras/door')).json).toEqual({ deleted: 'door' });
    expect(await codeOf('GET', '/cameras/door')).toEqual([404, 'camera_not_found']);
    await restart();
    expect((await send('GET', '/cameras')).json.cameras).toMatchObject([{ id: 'hall', editable: false }]);
  });

  it('has its password in no answer and no line of the log', () => {
    const said = [...answered, ...server.logged].join('\n');
    for (const part of [PASSWORD, encodeURIComponent(PASSWORD), 'n0t-t0', '12#34', '"rtsp://admin']) {
      expect(said).not.toContain(part);
    }
  });
});
