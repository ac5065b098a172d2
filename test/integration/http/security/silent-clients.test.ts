import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createKey } from '../../../helpers/access.js';
import { refusalOf } from '../../../helpers/live-client.js';
import { startServer, type TestServer } from '../../../helpers/server.js';

const NETWORKS = { DETECTOR: 'ssd', EMBEDDER: 'face-api', WORKERS: '1' };
const MAX_CONNECTIONS = 128;
/** More than fit. */
const MANY = MAX_CONNECTIONS + 32;

let server: TestServer;
let key: string;
beforeAll(async () => {
  server = await startServer({ ...NETWORKS, MAX_CONNECTIONS: String(MAX_CONNECTIONS) });
  ({ key } = await createKey(server.dataDir, 'admin'));
});
afterAll(() => server.close());

const opened: Socket[] = [];
afterEach(() => {
  for (const socket of opened.splice(0)) socket.destroy();
});

const upgradeTo = (path: string, protocol = 'websocket') =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`;

/** Sends a text and then nothing, and never closes its side. */
async function silent(start: string, port = Number(new URL(server.url).port)): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  opened.push(socket);
  socket.on('error', () => undefined);
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
  if (start !== '') socket.resume().write(start);
  return socket;
}

/** Whether the server has closed the connection, not only its side: then it answers a byte with a reset. */
async function isGone(socket: Socket): Promise<boolean> {
  if (!socket.destroyed) socket.write('x');
  await new Promise((resolve) => setTimeout(resolve, 50));
  return socket.destroyed;
}

/** On a connection of its own. */
async function overTls(url: string): Promise<IncomingMessage> {
  const request = httpsRequest(url, { rejectUnauthorized: false, agent: false, timeout: 2000 }).end();
  const [reply] = (await once(request, 'response')) as [IncomingMessage];
  return reply.on('error', () => undefined).resume();
}

/** On a connection of its own. */
async function healthWithin(ms: number): Promise<number> {
  const reply = await fetch(`${server.url}/healthz`, {
    headers: { connection: 'close' },
    signal: AbortSignal.timeout(ms),
  });
  return reply.status;
}

describe('connections that say nothing', () => {
  it.each([
    ['after an upgrade without a key', upgradeTo('/live')],
    ['after an upgrade to another path', upgradeTo('/nowhere')],
    ['after an upgrade to another protocol', upgradeTo('/nowhere', 'h2c')],
    ['from the start', ''],
    ['amid their headers', 'GET /healthz HTTP/1.1\r\nX-A: '],
    ['after a reply', 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n'],
  ])('%s do not keep others out', async (_, start) => {
    for (let i = 0; i < MANY; i++) await silent(start);
    for (let i = 0; i < 5; i++) expect(await healthWithin(2000)).toBe(200);
  });

  it('are closed on both sides soon after an upgrade was refused', async () => {
    const clients = await Promise.all(Array.from({ length: 10 }, () => silent(upgradeTo('/live'))));
    await expect
      .poll(async () => (await Promise.all(clients.map(isGone))).every(Boolean), { timeout: 5000 })
      .toBe(true);
  });

  it('do not keep others out over HTTPS, and do not close their connections', async () => {
    const secure = await startServer({ ...NETWORKS, HTTPS: '1', MAX_CONNECTIONS: String(MAX_CONNECTIONS) });
    const port = Number(new URL(secure.url).port);
    const stream = await overTls(`${secure.url}/events`);
    for (let i = 0; i < MANY; i++) await silent('', port);
    for (let i = 0; i < MANY; i++) {
      const client = tlsConnect({ socket: await silent('', port), rejectUnauthorized: false }).on(
        'error',
        () => undefined,
      );
      await Promise.race([once(client, 'secureConnect'), once(client, 'close')]);
      client.write(upgradeTo('/nowhere'));
    }
    expect((await overTls(`${secure.url}/healthz`)).statusCode).toBe(200);
    expect(stream.destroyed).toBe(false);
    for (const socket of opened.splice(0)) socket.destroy();
    await secure.close();
  });

  it('do not close connections of clients with a key', async () => {
    const client = await silent(`GET /events HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: ${key}\r\n\r\n`);
    await once(client, 'data');
    for (let i = 0; i < MANY; i++) await silent('');
    expect(await healthWithin(2000)).toBe(200);
    expect(client.destroyed).toBe(false);
  });
});

describe('an upgrade that is not to a WebSocket on /live', () => {
  async function send(path: string, headers: Record<string, string>, body = ''): Promise<[number, string]> {
    const request = httpRequest(server.url + path, { method: body === '' ? 'GET' : 'POST', headers });
    request.on('upgrade', (_reply, socket: Socket) => socket.destroy()).end(body);
    const [reply] = (await once(request, 'response')) as [IncomingMessage];
    return [reply.statusCode ?? 0, await text(reply)];
  }
  const H2C = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABkAAQCAAAAAAIAAAAA' };

  it('is served as if it asked for none, as of curl --http2', async () => {
    expect((await send('/healthz', H2C))[0]).toBe(200);
    expect((await send('/live', H2C))[0]).toBe(404);
    const [status, body] = await send('/session', { ...H2C, 'content-type': 'application/json' }, '{"key": "none"}');
    expect([status, (JSON.parse(body) as { error: { code: string } }).error.code]).toEqual([401, 'unauthorised']);
  });

  it('serves further requests of its connection', async () => {
    const client = await silent('');
    let said = '';
    client.on('data', (chunk: Buffer) => (said += chunk.toString()));
    for (const times of [1, 2]) {
      client.write(upgradeTo('/healthz', 'h2c'));
      await expect.poll(() => said.match(/HTTP\/1\.1 200/g)?.length, { timeout: 5000 }).toBe(times);
    }
  });

  it('to another path has the answer of that path', async () => {
    expect(await refusalOf(`${server.url}/recognize`)).toMatchObject({ status: 405, code: 'method_not_allowed' });
  });
});
