import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Identity } from '../../access/gate.js';
import { RostroError } from '../../shared/errors.js';
import type { Logger } from '../../shared/logger.js';
import type { LiveSessions } from '../../live/live-sessions.js';
import type { Services } from '../services.js';
import { LIVE_SCOPE } from '../access-table.js';
import type { AccessPolicy } from '../app.js';
import { credentialsOf } from '../caller.js';
import { errorBody, toRostroError } from '../error-handler.js';
import { checkScope } from '../guard.js';
import { refuseForeignHost, refuseOtherSites } from '../browser-security.js';
import type { RequestLimits } from '../photos.js';
import { HTTP_STATUS } from '../error-status.js';
import { LiveConnection } from './live-connection.js';

const PATH = '/live';
const PING_EVERY_MS = 30_000;
const GOING_AWAY = 1001;
const CLOSE_TIMEOUT_MS = 1000;

export interface LiveSocketsParts {
  /** @throws RostroError `not_ready` */
  readonly services: () => Services;
  readonly access: Pick<AccessPolicy, 'gate' | 'ownHostOnly' | 'corsOrigins'>;
  readonly limits: Pick<RequestLimits, 'maxImageBytes' | 'deadlineMs'>;
  /** Further connections are refused with `busy`. */
  readonly maxSessions: number;
  readonly log: Logger;
}

/** The WebSocket `/live`: receives frames, replies with named faces. */
export class LiveSockets {
  private readonly server: WebSocketServer;
  private readonly responsive = new WeakSet<WebSocket>();
  private readonly pinger: NodeJS.Timeout;

  constructor(private readonly parts: LiveSocketsParts) {
    this.server = new WebSocketServer({
      noServer: true,
      maxPayload: parts.limits.maxImageBytes,
      perMessageDeflate: false,
    });
    this.pinger = setInterval(() => this.ping(), PING_EVERY_MS).unref();
  }

  /** Listener for the server's `upgrade` event. */
  readonly upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on('error', () => socket.destroy());
    this.admit(request).then(
      (live) => this.server.handleUpgrade(request, socket, head, (client) => this.open(client, request, live)),
      (error: unknown) => refuse(socket, error),
    );
  };

  /** Closes every connection with "going away", and terminates those that do not close. */
  close(): void {
    clearInterval(this.pinger);
    for (const client of this.server.clients) {
      client.close(GOING_AWAY);
      setTimeout(() => client.terminate(), CLOSE_TIMEOUT_MS).unref();
    }
    this.server.close();
  }

  /** @throws RostroError `route_not_found`, `bad_host`, `cross_origin`, `unauthorised`, `forbidden`, `busy`, `not_ready` */
  private async admit(request: IncomingMessage): Promise<LiveSessions> {
    const { gate, ownHostOnly, corsOrigins } = this.parts.access;
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname !== PATH) throw new RostroError('route_not_found', `There is no WebSocket ${pathname} here.`);
    if (ownHostOnly) await refuseForeignHost(gate, request.headers.host);
    refuseOtherSites(request.headers, request.headers.host, corsOrigins);
    await this.authorise(request);
    if (this.server.clients.size >= this.parts.maxSessions) {
      throw new RostroError('busy', 'The server has as many live connections as it takes; try again in a moment.');
    }
    return this.parts.services().live;
  }

  private open(client: WebSocket, request: IncomingMessage, sessions: LiveSessions): void {
    const { limits, log } = this.parts;
    this.responsive.add(client);
    client.on('pong', () => this.responsive.add(client));
    new LiveConnection(client, {
      sessions,
      deadlineMs: limits.deadlineMs,
      authorise: () => this.authorise(request),
      log,
    });
  }

  /** Repeated with every frame: a key may be revoked, a session may end. @throws RostroError `unauthorised`, `forbidden` */
  private async authorise({ headers, socket }: IncomingMessage): Promise<Identity> {
    const overTls = 'encrypted' in socket;
    const given = credentialsOf(headers, overTls);
    // Behind a proxy that terminates TLS, the cookie has its HTTPS name.
    const session = given.session ?? credentialsOf(headers, true).session;
    const identity = await this.parts.access.gate.identify({ ...given, session });
    checkScope(identity, LIVE_SCOPE);
    return identity;
  }

  /** Terminates connections that did not answer the last ping. */
  private ping(): void {
    for (const client of this.server.clients) {
      if (!this.responsive.has(client)) client.terminate();
      this.responsive.delete(client);
      client.ping();
    }
  }
}

function refuse(socket: Duplex, error: unknown): void {
  const known = toRostroError(error);
  const status = HTTP_STATUS[known.code];
  const body = JSON.stringify({ error: errorBody(known) });
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
