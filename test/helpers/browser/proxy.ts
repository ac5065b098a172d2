import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

/**
 * `open` lets everything through; `http only` is set up without WebSockets; `loading` answers for a server that still loads
 * its networks; `gone` ends every connection without a word.
 */
export type ProxyState = 'open' | 'http only' | 'loading' | 'gone';

/** A reverse proxy in front of the server under test. */
export interface TestProxy {
  readonly url: string;
  /** Breaks all open WebSockets. */
  become(state: ProxyState): void;
  close(): Promise<void>;
}

const NOT_READY = JSON.stringify({ error: { code: 'not_ready', message: 'Loading.', details: {} }, requestId: 'x' });

/** @param target URL of the server, such as `http://localhost:5000` */
export async function startProxy(target: string): Promise<TestProxy> {
  const { port } = new URL(target);
  const tunnels = new Set<Duplex>();
  let state: ProxyState = 'open';
  const server = createServer((incoming, outgoing) => {
    if (state === 'gone') incoming.destroy();
    else if (state === 'loading' && incoming.method === 'POST') outgoing.writeHead(503).end(NOT_READY);
    else forward(port, incoming, outgoing);
  });
  server.on('upgrade', (incoming: IncomingMessage, socket: Duplex) => {
    if (state === 'open') tunnel(port, incoming, socket, tunnels);
    else socket.end('HTTP/1.1 501 Not Implemented\r\nConnection: close\r\n\r\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const become = (next: ProxyState) => {
    state = next;
    for (const socket of tunnels) socket.destroy();
  };
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    become,
    async close() {
      become('gone');
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function forward(port: string, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const { method, url: path, headers } = incoming;
  const onward = request({ host: '127.0.0.1', port, method, path, headers }, (reply) => {
    outgoing.writeHead(reply.statusCode!, reply.headers);
    reply.pipe(outgoing);
  });
  onward.on('error', () => outgoing.destroy());
  incoming.pipe(onward);
}

function tunnel(port: string, { url, rawHeaders }: IncomingMessage, near: Duplex, tunnels: Set<Duplex>): void {
  const far = connect(Number(port), '127.0.0.1');
  const lines = rawHeaders.flatMap((name, i) => (i % 2 === 0 ? `${name}: ${rawHeaders[i + 1]}` : []));
  far.write([`GET ${url} HTTP/1.1`, ...lines, '', ''].join('\r\n'));
  tunnels.add(near);
  for (const [from, to] of [
    [near, far],
    [far, near],
  ]) {
    from.pipe(to);
    from.on('error', () => to.destroy());
    from.on('close', () => to.destroy());
  }
  near.on('close', () => tunnels.delete(near));
}
