import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { stopServer } from '../../src/http/stop-server.js';

let server: Server;
let answer: () => void;
afterEach(() => server.closeAllConnections());

/** A server whose answers are held until `answer` is called. */
async function start(): Promise<number> {
  server = createServer((_request, response) => {
    answer = () => response.end('done');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** A request that has arrived. */
async function ask(port: number): Promise<string> {
  const asking = request({ port, host: '127.0.0.1' }).end();
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
    const stopping = stopServer(server, 60_000).then(() => (stopped = true));
    await expect(once(connect(port, '127.0.0.1'), 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(stopped).toBe(false);
    answer();
    expect(await held).toBe('done');
    await stopping;
  });

  it('does not wait for ever: a request that is never answered loses its connection', async () => {
    const port = await start();
    const held = ask(port);
    held.catch(() => undefined);
    await once(server, 'request');
    await stopServer(server, 50);
    await expect(held).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('nor for a client that sends half a request', async () => {
    const port = await start();
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf');
    await once(server, 'request');
    const closed = once(socket, 'close');
    await stopServer(server, 50);
    await closed;
  });
});
