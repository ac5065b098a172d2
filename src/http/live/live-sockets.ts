import { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Credentials, Identity } from '../../access/gate.js';
import { RostroError } from '../../shared/errors.js';
import { heaviestHolder } from '../../shared/fair-share.js';
import type { Logger } from '../../shared/logger.js';
import type { Services } from '../services.js';
import { LIVE_SCOPE } from '../access-table.js';
import type { AccessPolicy } from '../app.js';
import type { BodyBudget } from '../bodies.js';
import type { Connections } from '../connections.js';
import { credentialsOf, holderId } from '../caller.js';
import { errorBody, retryAfterOf, toRostroError } from '../error-handler.js';
import { checkScope, delayedRefusal, isRefusal } from '../guard.js';
import { refuseForeignHost, refuseOtherSites } from '../browser-security.js';
import type { RequestLimits } from '../photos.js';
import type { PublicPath } from '../public-path.js';
import { type Refusals, shownKey } from '../request-log.js';
import { HTTP_STATUS } from '../error-status.js';
import { closeWith, LiveConnection } from './live-connection.js';

const PATH = '/live';
const PING_EVERY_MS = 30_000;
/** An idle connection whose key was revoked is closed within this time. */
const RECHECK_EVERY_MS = 1000;
/** Close codes. Sources: RFC 6455, section 7.4.1; registry of IANA. */
const GOING_AWAY = 1001;
const POLICY_VIOLATION = 1008;
const TRY_AGAIN_LATER = 1013;
/** For a refusal to be sent. */
const REFUSAL_TIMEOUT_MS = 1000;
/** For a key or a login to be checked. */
const ADMISSION_TIMEOUT_MS = 10_000;

export interface LiveSocketsParts {
  /** @throws RostroError `not_ready` */
  readonly services: () => Services;
  readonly access: Pick<AccessPolicy, 'gate' | 'ownHostOnly' | 'corsOrigins' | 'limits' | 'wrongKeys'>;
  readonly limits: Pick<RequestLimits, 'maxImageBytes' | 'deadlineMs'>;
  /** At the limit, a newcomer takes the place of a connection of the sender with the most, or is refused with `busy`. */
  readonly maxSessions: number;
  readonly publicPath: PublicPath;
  readonly connections: Pick<Connections, 'know' | 'addressOf' | 'ipOf' | 'asRequest'>;
  readonly refusals: Refusals;
  readonly bodies: BodyBudget;
  readonly log: Logger;
}

/** The WebSocket `/live`: receives frames, replies with named faces. */
export class LiveSockets {
  private readonly server: WebSocketServer;
  private readonly responsive = new WeakSet<WebSocket>();
  /** Open connections, oldest first. */
  private readonly open = new Map<WebSocket, { readonly holder: string; readonly request: IncomingMessage }>();
  private readonly pinger: NodeJS.Timeout;
  private readonly rechecker: NodeJS.Timeout;

  constructor(private readonly parts: LiveSocketsParts) {
    this.server = new WebSocketServer({
      noServer: true,
      maxPayload: parts.limits.maxImageBytes,
      perMessageDeflate: false,
    });
    this.pinger = setInterval(() => this.ping(), PING_EVERY_MS).unref();
    this.rechecker = setInterval(() => this.recheckAll(), RECHECK_EVERY_MS).unref();
  }

  /** Listener for the server's `upgrade` event. */
  readonly upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on('error', () => socket.destroy());
    // Node.js applies no timeout after an upgrade.
    const timeout = setTimeout(() => socket.destroy(), ADMISSION_TIMEOUT_MS);
    void this.admit(request)
      .then(
        ({ services, holder }) =>
          this.server.handleUpgrade(request, socket, head, (client) => this.connect(client, request, services, holder)),
        (error: unknown) => refuse(socket, this.recorded(error, request)),
      )
      .finally(() => clearTimeout(timeout));
  };

  /** Closes every connection with "going away", and terminates those that do not close. */
  close(): void {
    clearInterval(this.pinger);
    clearInterval(this.rechecker);
    for (const client of this.server.clients) closeWith(client, GOING_AWAY);
    this.server.close();
  }

  /** @throws RostroError `bad_host`, `cross_origin`, `unauthorised`, `forbidden`, `too_many_requests`, `busy`, `not_ready` */
  private async admit(request: IncomingMessage): Promise<{ services: Services; holder: string }> {
    const { gate, ownHostOnly, corsOrigins, limits } = this.parts.access;
    if (ownHostOnly) await refuseForeignHost(gate, request.headers.host);
    refuseOtherSites(this.parts.connections.asRequest(request), corsOrigins);
    const holder = holderId(await this.authorise(request), this.parts.connections.addressOf(request));
    this.parts.connections.know(request.socket, holder);
    await limits.count(holder);
    const services = this.parts.services();
    this.makeRoom(holder);
    return { services, holder };
  }

  /** @throws RostroError `busy` if no other sender has more connections */
  private makeRoom(newcomer: string): void {
    if (this.open.size < this.parts.maxSessions) return;
    const heaviest = heaviestHolder([...[...this.open.values()].map(({ holder }) => holder), newcomer]);
    const given = [...this.open].find(([, { holder }]) => holder === heaviest);
    if (given === undefined || heaviest === newcomer) {
      throw new RostroError('busy', 'The server has as many live connections as it takes; try again in a moment.');
    }
    this.open.delete(given[0]);
    closeWith(given[0], TRY_AGAIN_LATER);
  }

  private connect(client: WebSocket, request: IncomingMessage, services: Services, holder: string): void {
    const { access, limits, bodies, log } = this.parts;
    this.open.set(client, { holder, request });
    client.on('close', () => this.open.delete(client));
    this.responsive.add(client);
    client.on('pong', () => this.responsive.add(client));
    new LiveConnection(client, {
      sessions: services.live,
      challenges: services.challenges,
      received: request.socket,
      lease: bodies.lease(holder),
      deadlineMs: limits.deadlineMs,
      authorise: async () => {
        try {
          const identity = await this.authorise(request);
          await access.limits.count(holder);
          return identity;
        } catch (error) {
          throw this.recorded(error, request);
        }
      },
      log,
    });
  }

  /** Repeated with every frame: a key may be revoked, a session may end. @throws RostroError `unauthorised`, `forbidden` */
  private async authorise(request: IncomingMessage): Promise<Identity> {
    const { gate, wrongKeys } = this.parts.access;
    const identity = await gate.identify(this.credentialsIn(request)).catch((error: unknown) => {
      throw delayedRefusal(error, wrongKeys, this.parts.connections.addressOf(request));
    });
    checkScope(identity, LIVE_SCOPE);
    return identity;
  }

  /** @returns the error, which is logged if it refuses the sender */
  private recorded(error: unknown, request: IncomingMessage): unknown {
    const { connections, refusals } = this.parts;
    refusals.record(error, {
      ip: connections.ipOf(request),
      key: shownKey(this.credentialsIn(request).key),
      method: 'GET',
      route: PATH,
    });
    return error;
  }

  /** Closes connections, idle ones too, whose key was revoked or whose login has ended. */
  private recheckAll(): void {
    const { gate } = this.parts.access;
    for (const [client, { request }] of this.open) {
      const check = async () => checkScope(await gate.recheck(this.credentialsIn(request)), LIVE_SCOPE);
      check().catch((error: unknown) => {
        if (isRefusal(error)) closeWith(client, POLICY_VIOLATION);
      });
    }
  }

  private credentialsIn(request: IncomingMessage): Credentials {
    const { headers, socket } = request;
    const path = this.parts.publicPath.of(request);
    const given = credentialsOf(headers, 'encrypted' in socket, path);
    // Behind a proxy that terminates TLS, the cookie has its HTTPS name.
    return { ...given, session: given.session ?? credentialsOf(headers, true, path).session };
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

/**
 * The requests of a server with `/live`. Once Node.js has a listener for upgrades, it treats every request with an Upgrade
 * header as one. Here only a WebSocket on `/live` is; others are served as if the header were missing (RFC 9110,
 * section 7.8), for example those of `curl --http2`. Newer versions of Node.js have `shouldUpgradeCallback` for this.
 */
export function upgradableRequest(publicPath: PublicPath): typeof IncomingMessage {
  return class UpgradableRequest extends IncomingMessage {
    /** Set by the parser. */
    declare asksForUpgrade: boolean | null;

    set upgrade(asks: boolean | null) {
      this.asksForUpgrade = asks;
    }

    get upgrade(): boolean | null {
      return this.asksForUpgrade && (this.method === 'CONNECT' || isLiveSocket(this, publicPath));
    }
  };
}

function isLiveSocket(request: IncomingMessage, publicPath: PublicPath): boolean {
  const path = publicPath.within(request)?.split('?')[0];
  return request.method === 'GET' && path === PATH && request.headers.upgrade?.toLowerCase() === 'websocket';
}

/** Closes the connection even if the client does not. */
function refuse(socket: Duplex, error: unknown): void {
  setTimeout(() => socket.destroy(), REFUSAL_TIMEOUT_MS).unref();
  const known = toRostroError(error);
  const status = HTTP_STATUS[known.code];
  const body = JSON.stringify({ error: errorBody(known) });
  socket.end(
    [
      `HTTP/1.1 ${status} ${known.code}`,
      'Connection: close',
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      ...(status === 503 || status === 429 ? [`Retry-After: ${retryAfterOf(known)}`] : []),
      '',
      body,
    ].join('\r\n'),
    () => socket.destroy(),
  );
}
