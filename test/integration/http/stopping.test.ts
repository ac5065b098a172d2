import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, createServer, request, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { gracefulStop } from '../../../src/http/stop-server.js';
import { selfSignedTls } from '../../../src/app/tls.js';

let server: Server;
let answer: () => void;
let stop: (withinMs: number) => Promise<void>;
afterEach(() => server.closeAllConnections());

/** A server whose answers are held until `answer` is called. */
function start(): Promise<number> {
  return listen(
    createServer((_request, response) => {
      answer = () => response.end('done');
    }),
  );
}

async function listen(listening: Server): Promise<number> {
  server = listening;
  stop = gracefulStop(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** A request that has arrived. */
async function ask(port: number, agent?: Agent): Promise<string> {
  const asking = request({ port, host: '127.0.0.1', agent }).end();
  await once(server, 'request');
  return (async () => {
    const [response] = (await once(asking, 'response')) as [AsyncIterable<Buffer>];
    let text = '';
    for await (const chunk of response) text += chunk.toString();
    return text;
  })();
}

describe('stopping', () => {
  it('accepts nobody new, and waits for the request that runs', async () => {
    const port = await start();
    const held = ask(port);
    await once(server, 'request');
    let stopped = false;
    const stopping = stop(60_000).then(() => (stopped = true));
    await expect(once(connect(port, '127.0.0.1'), 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(stopped).toBe(false);
    answer();
    expect(await held).toBe('done');
    await stopping;
  });

  it('does not wait for what a client keeps open behind its last answer', async () => {
    const port = await start();
    server.keepAliveTimeout = 0;
    const agent = new Agent({ keepAlive: true });
    const held = ask(port, agent);
    await once(server, 'request');
    const stopping = stop(60_000);
    answer();
    expect(await held).toBe('done');
    await stopping;
    agent.destroy();
  });

  it('does not wait for ever: a request that is never answered loses its connection', async () => {
    const port = await start();
    const held = ask(port);
    held.catch(() => undefined);
    await once(server, 'request');
    await stop(50);
    await expect(held).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('nor for a client that sends half a request', async () => {
    const port = await start();
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf');
    await once(server, 'request');
    const closed = once(socket, 'close');
    await stop(50);
    await closed;
  });

  it('nor for a connection that has brought no request yet, as browsers hold some ready', async () => {
    const socket = connect(await start(), '127.0.0.1');
    const closed = once(socket, 'close');
    await once(server, 'connection');
    await stop(60_000);
    await closed;
  });

  it('nor for one over TLS', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rostro-stopping-'));
    const port = await listen(createTlsServer(await selfSignedTls(folder)));
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
    const closed = once(socket, 'close');
    await once(server, 'secureConnection');
    await stop(60_000);
    await closed;
    await rm(folder, { recursive: true });
  });
});
