import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Rostro } from '../../../src/client/index.js';
import { WebSocket } from 'ws';
import { createKey } from '../../helpers/access.js';
import { freePort } from '../../helpers/postgres.js';
import { onePerson } from '../../helpers/portraits.js';
import { startServer, type TestServer } from '../../helpers/server.js';

const document = readFileSync(new URL('../../../docs/proxies.md', import.meta.url), 'utf8');

/** The first snippet of a language on the page. */
const snippetOf = (language: string) => new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(document)![1];

interface Program {
  readonly path: string;
  /** @returns the arguments, after it has written the configuration */
  readonly prepare: (folder: string, port: number, server: number) => Promise<string[]>;
}

const NGINX: Program = {
  path: '/usr/sbin/nginx',
  async prepare(folder, port, server) {
    const snippet = snippetOf('nginx').replace('listen 80', `listen 127.0.0.1:${port}`).replace(':5000', `:${server}`);
    const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path ${folder}/${name};`,
    );
    const lines = [
      'daemon off;',
      `pid ${folder}/pid;`,
      `error_log ${folder}/error.log;`,
      'events {}',
      `http { access_log off; ${places.join(' ')} ${snippet} }`,
    ];
    await writeFile(join(folder, 'nginx.conf'), lines.join('\n'));
    return ['-p', folder, '-c', join(folder, 'nginx.conf')];
  },
};

const HAPROXY: Program = {
  path: '/usr/sbin/haproxy',
  async prepare(folder, port, server) {
    const snippet = snippetOf('haproxy').replace('bind :80', `bind 127.0.0.1:${port}`).replace(':5000', `:${server}`);
    await writeFile(join(folder, 'haproxy.cfg'), snippet);
    return ['-db', '-f', join(folder, 'haproxy.cfg')];
  },
};

describe.each([
  ['nginx', NGINX, '-v'],
  ['HAProxy', HAPROXY, '-v'],
])('%s, with the snippet of the documents', (name, { path, prepare }, version) => {
  const isThere = spawnSync(path, [version]).error === undefined;
  const title = isThere ? '' : ` (skipped: ${name} is not installed)`;

  describe.skipIf(!isThere)(`in front of a server below a path${title}`, () => {
    let server: TestServer;
    let proxy: ChildProcess;
    let folder: string;
    let url: string;
    let key: string;
    beforeAll(async () => {
      const settings = { DETECTOR: 'ssd', EMBEDDER: 'face-api', WORKERS: '1' };
      server = await startServer({ ...settings, BASE_PATH: '/faces', TRUST_PROXY: 'loopback' });
      ({ key } = await createKey(server.dataDir, 'admin'));
      folder = await mkdtemp(join(tmpdir(), 'rostro-proxy-'));
      const port = await freePort();
      proxy = spawn(path, await prepare(folder, port, Number(new URL(server.url).port)), { stdio: 'ignore' });
      url = `http://127.0.0.1:${port}/faces`;
      const isReady = () =>
        fetch(`${url}/healthz`).then(
          ({ ok }) => ok,
          () => false,
        );
      await vi.waitUntil(isReady, { timeout: 30_000 });
    });
    afterAll(async () => {
      if (proxy.exitCode === null && proxy.kill('SIGTERM')) await once(proxy, 'exit');
      await server.close();
      await rm(folder, { recursive: true, force: true });
    });

    it('passes on photos, answers and redirects', async () => {
      const client = new Rostro({ url, key });
      const photo = await onePerson();
      await client.enrol(photo, { name: 'Ada' });
      expect((await client.recognize(photo)).faces.map((face) => face.name)).toEqual(['Ada']);
      const redirect = await fetch(`${url}/docs`, { redirect: 'manual' });
      expect(redirect.headers.get('location')).toBe('/faces/docs/');
      expect((await fetch(`${url}/`)).status).toBe(200);
    });

    it('passes on the WebSocket', async () => {
      const socket = new WebSocket(`${url.replace('http', 'ws')}/live`, { headers: { 'x-api-key': key } });
      await once(socket, 'open');
      const answer = once(socket, 'message');
      socket.send(await onePerson());
      expect(JSON.parse(String((await answer)[0]))).toMatchObject({ type: 'faces' });
      socket.close();
    });

    it('passes on the host with its port', async () => {
      const { port } = new URL(url);
      const change = (origin: string) =>
        fetch(`${url}/people/Nobody`, { method: 'DELETE', headers: { origin, 'x-api-key': key } });
      expect((await change(`http://127.0.0.1:${port}`)).status).toBe(404);
      expect((await change('http://127.0.0.1')).status).toBe(403);
    });
  });
});
