import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Express, Request, Response } from 'express';
import { heaviestHolder } from '../shared/fair-share.js';
import { addressOf, holderOf, identityOf } from './caller.js';

/** Of all connections: as many as one address may have without a key, and one key when there is no room for others. */
const SHARE = 0.25;
/** The operating system accepts so many connections before the server sees them. */
const BACKLOG = 512;
/** A connection on which nothing was sent or received for so long is closed, for example by a client that does not read. */
const IDLE_MS = 300_000;
/** For the first request after a connection was opened, and for a reply. */
const GRACE_MS = 1000;

interface Connection {
  readonly socket: Socket;
  /** Requests without a reply yet. */
  readonly running: Set<Response>;
  /** Whether it carries the requests of others. */
  readonly isProxy: boolean;
  /** What counts for an address: the connection for its first running request, and each further one. Of a proxy, each. */
  readonly counted: Map<Socket | Response, string>;
  /** Of a request that had a key or a login, or needed none: the key, or the address without one. */
  holder: string | null;
  /** When it was opened, or its last request began; in milliseconds. */
  since: number;
}

/**
 * Keeps room for new connections, so that connections which say nothing never keep others out. Beyond the limits, a
 * connection of a client that has shown no key is closed, otherwise one of a key that has very many.
 */
export class Connections {
  private readonly all = new Map<string, Connection>();
  /** Of clients without a key. */
  private readonly byAddress = new Map<string, Map<Socket | Response, Connection>>();
  private readonly isProxy: (address: string, hop: number) => boolean;
  private readonly most: number;

  /** @param server answers with `app`, and does not listen yet */
  constructor(
    server: Server,
    private readonly app: Express,
    limits: { readonly maxConnections: number; readonly deadlineMs: number; readonly keepAliveTimeoutMs?: number },
  ) {
    this.most = limits.maxConnections;
    this.isProxy = app.get('trust proxy fn') as Connections['isProxy'];
    server.maxConnections = this.most + BACKLOG;
    server.timeout = Math.max(IDLE_MS, 2 * limits.deadlineMs, limits.keepAliveTimeoutMs ?? 0);
    server.on('connection', (socket: Socket) => this.open(socket));
    // Express listens before, and has made it a request of its own.
    server.on('request', (request, response) => this.begin(request as Request, response as Response));
  }

  /** The address of the sender of an upgrade, which Express does not handle. */
  addressOf(request: IncomingMessage): string {
    return addressOf({ ip: this.ipOf(request) });
  }

  /** The whole address of the sender of an upgrade. */
  ipOf(request: IncomingMessage): string | undefined {
    return this.asRequest(request).ip;
  }

  /** An upgrade with the properties that Express derives from headers. */
  asRequest({ headers, socket }: IncomingMessage): Request {
    const properties = { headers: { value: headers }, socket: { value: socket } };
    return Object.create(this.app.request, properties) as Request;
  }

  /** The sender of an upgrade has shown a key, or needs none. */
  know(socket: Socket, holder: string): void {
    const connection = this.all.get(nameOf(socket));
    if (connection) connection.holder = holder;
  }

  private open(socket: Socket): void {
    const ip = socket.remoteAddress ?? '';
    const since = performance.now();
    const isProxy = this.isProxy(ip, 0);
    const connection: Connection = { socket, isProxy, running: new Set(), counted: new Map(), holder: null, since };
    this.all.set(nameOf(socket), connection);
    socket.once('close', () => this.forget(connection));
    if (!isProxy) this.count(addressOf({ ip }), socket, connection);
    if (this.all.size <= this.most) return;
    this.close(leastUseful(this.all.values(), connection) ?? this.oldestOfHeaviest() ?? connection);
  }

  private begin(request: Request, response: Response): void {
    const connection = this.all.get(nameOf(request.socket));
    if (!connection) return;
    connection.since = performance.now();
    const isFurther = connection.running.size > 0 && connection.holder === null;
    connection.running.add(response);
    if (isFurther || connection.isProxy) this.count(addressOf(request), response, connection);
    response.once('close', () => {
      connection.holder ??= knownHolder(response);
      connection.running.delete(response);
      this.discount(response, connection);
    });
  }

  private count(address: string, what: Socket | Response, connection: Connection): void {
    const counted = this.byAddress.get(address) ?? new Map<Socket | Response, Connection>();
    this.byAddress.set(address, counted.set(what, connection));
    connection.counted.set(what, address);
    const most = SHARE * this.most;
    if (counted.size <= most) return;
    for (const [one, its] of counted) {
      if (('req' in one ? knownHolder(one) : holderIn(its)) !== null) this.discount(one, its);
    }
    if (counted.size > most) this.close(leastUseful(counted.values(), connection) ?? connection);
  }

  /** Of the key with the most connections, if it has more than its share. */
  private oldestOfHeaviest(): Connection | undefined {
    const known = [...this.all.values()].map((connection) => ({ connection, holder: holderIn(connection) }));
    const heaviest = heaviestHolder(known.flatMap(({ holder }) => holder ?? []));
    const its = known.filter(({ holder, connection: { isProxy } }) => holder === heaviest && !isProxy);
    return its.length > SHARE * this.most ? its[0].connection : undefined;
  }

  private discount(what: Socket | Response, { counted }: Connection): void {
    const address = counted.get(what);
    if (address === undefined) return;
    counted.delete(what);
    const ofAddress = this.byAddress.get(address);
    ofAddress?.delete(what);
    if (ofAddress?.size === 0) this.byAddress.delete(address);
  }

  private forget(connection: Connection): void {
    for (const what of connection.counted.keys()) this.discount(what, connection);
    const name = nameOf(connection.socket);
    if (this.all.get(name) === connection) this.all.delete(name);
  }

  private close(connection: Connection): void {
    this.forget(connection);
    connection.socket.destroy();
  }
}

/** The same for the TCP socket and the TLS socket of a connection. */
function nameOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

/**
 * @returns the connection to close for a newcomer: the oldest without a running request, otherwise the oldest with one.
 *   Connections get a moment for their first request, and requests for their reply. Undefined if all are of clients with keys
 */
function leastUseful(connections: Iterable<Connection>, newcomer: Connection): Connection | undefined {
  const before = performance.now() - GRACE_MS;
  let slow: Connection | undefined;
  let fresh: Connection | undefined;
  for (const connection of connections) {
    if (connection === newcomer || holderIn(connection) !== null) continue;
    const isIdle = connection.running.size === 0;
    if (isIdle && connection.since < before) return connection;
    if (isIdle) fresh ??= connection;
    else if (connection.since < before) slow ??= connection;
  }
  return slow ?? fresh;
}

/** @returns null for a client that has shown no key */
function holderIn({ holder, running }: Connection): string | null {
  for (const response of running) holder ??= knownHolder(response);
  return holder;
}

function knownHolder(response: Response): string | null {
  return identityOf(response) === null ? null : holderOf(response.req, response);
}
