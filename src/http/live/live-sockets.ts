import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Actor } from '../../audit/actor.js';
import { RostroError } from '../../errors.js';
import type { Logger } from '../../observe/logger.js';
import type { Services } from '../../service/services.js';
import { errorBody, toRostroError } from '../error-handler.js';
import { refuseOtherSites } from '../same-origin.js';
import { HTTP_STATUS } from '../status.js';
import { LiveConnection } from './live-connection.js';

const PATH = '/live';
const PING_EVERY_MS = 30_000;
const GOING_AWAY = 1001;
const GOODBYE_MS = 1000;

export interface LiveSocketsParts {
  /** @throws RostroError `not_ready` */
  readonly services: () => Services;
  /** Largest frame. */
  readonly maxImageBytes: number;
  /** More connections are refused with `busy`. */
  readonly maxSessions: number;
  readonly log: Logger;
  /** Who opens the connection. */
  readonly actorOf?: (request: IncomingMessage) => Actor;
}

/** `GET /live` as a WebSocket: frames in, faces with names out. */
export class LiveSockets {
  private readonly server: WebSocketServer;
  private readonly alive = new WeakSet<WebSocket>();
  private readonly pinger: NodeJS.Timeout;

  constructor(private readonly parts: LiveSocketsParts) {
    this.server = new WebSocketServer({ noServer: true, maxPayload: parts.maxImageBytes, perMessageDeflate: false });
    this.pinger = setInterval(() => this.ping(), PING_EVERY_MS).unref();
  }

  /** For the server's `upgrade` event. */
  readonly upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    try {
      this.check(request);
      const { live } = this.parts.services();
      this.server.handleUpgrade(request, socket, head, (client) => {
        this.alive.add(client);
        client.on('pong', () => this.alive.add(client));
        const actor = this.parts.actorOf?.(request) ?? { kind: 'local' };
        new LiveConnection(client, live, this.parts.log, actor);
      });
    } catch (error) {
      refuse(socket, error);
    }
  };

  /** Tells every client that the server goes away, and ends the connections of those that do not react. */
  close(): void {
    clearInterval(this.pinger);
    for (const client of this.server.clients) {
      client.close(GOING_AWAY);
      setTimeout(() => client.terminate(), GOODBYE_MS).unref();
    }
    this.server.close();
  }

  private check(request: IncomingMessage): void {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname !== PATH) throw new RostroError('route_not_found', `There is no WebSocket ${pathname} here.`);
    refuseOtherSites(request.headers);
    if (this.server.clients.size >= this.parts.maxSessions) {
      throw new RostroError('busy', 'The server has as many live connections as it takes; try again in a moment.');
    }
  }

  /** Ends connections whose other end has gone without a word. */
  private ping(): void {
    for (const client of this.server.clients) {
      if (!this.alive.has(client)) client.terminate();
      this.alive.delete(client);
      client.ping();
    }
  }
}

function refuse(socket: Duplex, error: unknown): void {
  const known = toRostroError(error);
  const status = HTTP_STATUS[known.code];
  const body = JSON.stringify({ error: errorBody(known) });
  socket.on('error', () => socket.destroy());
  socket.end(
    [
      `HTTP/1.1 ${status} ${known.code}`,
      'Connection: close',
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      ...(status === 503 ? ['Retry-After: 1'] : []),
      '',
      body,
    ].join('\r\n'),
  );
}
