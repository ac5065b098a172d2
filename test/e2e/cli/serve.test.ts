import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { rostro, startRostro } from '../../helpers/rostro.js';
import { samplePhoto } from '../../helpers/shared.js';

let folder: string;
let running: ChildProcess;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rostro-serve-'));
});
afterEach(() => running.kill('SIGKILL'));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** @returns the port, when the server is ready */
async function serve(): Promise<number> {
  running = startRostro(folder, 'serve', '--port', '0');
  let said = '';
  for await (const chunk of running.stdout!) {
    said += String(chunk);
    const port = /listens on http:\/\/localhost:(\d+)/.exec(said)?.[1];
    if (port !== undefined) return Number(port);
  }
  throw new Error(`the server ended: ${said}`);
}

/** A client that has begun a request and sends no more. */
async function holdRequest(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  await once(socket, 'connect');
  socket.write('POST /recognize HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\nContent-Length: 99999\r\n\r\nhalf');
  await fetch(`http://127.0.0.1:${port}/healthz`);
}

describe('rostro serve', () => {
  it('ends within ten seconds of SIGTERM, though a client holds a request, and gives the folder back', async () => {
    await holdRequest(await serve());
    const start = performance.now();
    running.kill('SIGTERM');
    expect(await once(running, 'exit')).toEqual([0, null]);
    expect(performance.now() - start).toBeLessThan(10_000);
    expect(await readdir(join(folder, 'embeddings'))).toEqual([]);
  });

  it('ends at once at the second signal', async () => {
    await holdRequest(await serve());
    running.kill('SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 200));
    const start = performance.now();
    running.kill('SIGINT');
    expect(await once(running, 'exit')).toEqual([1, null]);
    expect(performance.now() - start).toBeLessThan(5000);
  });

  it('ends with an error when no worker is left, so that its supervisor starts it again', async () => {
    const port = await serve();
    let logged = '';
    running.stderr!.on('data', (chunk) => (logged += String(chunk)));
    running.stdout!.on('data', (chunk) => (logged += String(chunk)));
    // A worker that is started now does not find its networks.
    await rm(join(folder, '.cache'), { recursive: true, force: true });
    await writeFile(join(folder, '.cache'), 'not a folder');
    const [worker] = (await readFile(`/proc/${running.pid}/task/${running.pid}/children`, 'utf8')).split(' ');
    process.kill(Number(worker), 'SIGKILL');
    const post = () =>
      readFile(samplePhoto(1)).then((body) =>
        fetch(`http://127.0.0.1:${port}/detect`, {
          method: 'POST',
          body: new Uint8Array(body),
          headers: { 'content-type': 'image/jpeg' },
        }),
      );
    const reply = await post();
    expect(reply.status).toBe(503);
    expect(await once(running, 'exit')).toEqual([1, null]);
    expect(logged).toContain('No worker is left');
    await rm(join(folder, '.cache'));
  });

  it('shares its folder with no other writer, but with readers, and is followed at once when it was killed', async () => {
    const port = await serve();
    const photo = await readFile(samplePhoto(1));
    for (const args of [['serve', '--port', '0'], ['enrol', samplePhoto(1)], ['reembed'], ['encryption', 'off']]) {
      const { code, err } = await rostro(folder, ...args, '--encryption-key-file', 'nowhere');
      expect([args, code]).toEqual([args, 1]);
      expect(err).toContain('(encryption_key_wrong)');
    }
    for (const args of [['serve', '--port', '0'], ['enrol', samplePhoto(1)], ['reembed']]) {
      const { code, err } = await rostro(folder, ...args);
      expect([args, code]).toEqual([args, 1]);
      expect(err).toContain(`rostro: Another Rostro uses ${folder} (process ${running.pid} on `);
      expect(err).toContain('(gallery_locked)');
    }
    expect((await rostro(folder, 'recognize', samplePhoto(1), '--json')).code).toBe(0);
    running.kill('SIGKILL');
    await once(running, 'exit');
    const again = await serve();
    const body = { method: 'POST', body: photo, headers: { 'content-type': 'image/jpeg' } };
    expect((await fetch(`http://127.0.0.1:${again}/recognize`, body)).status).toBe(200);
    expect(port).toBeGreaterThan(0);
  }, 240_000);
});
