import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { auditFolder, openStores, type Stores } from './stores.js';
import type { AuditTrail } from '../privacy/audit/trail.js';
import { composeCore, type Core } from './core.js';
import { readOutlets, startSeeing } from './seeing.js';
import { Gate } from '../access/gate.js';
import { AccessKeys } from '../access/keys.js';
import type { Config } from './config.js';
import { RostroError } from '../shared/errors.js';
import { createApp, type AccessPolicy } from '../http/app.js';
import { LiveSockets } from '../http/live/live-sockets.js';
import { metricsObserver } from '../http/metrics-observer.js';
import { whenReady } from '../http/readiness.js';
import { stopperOf } from '../http/stop-server.js';
import type { Logger } from '../shared/logger.js';
import { Metrics, type Levels } from '../shared/metrics.js';
import { auditedLooks } from '../privacy/audited-gallery.js';
import { finishErasures } from '../privacy/learned.js';
import { observers } from '../people/observer.js';
import { readTlsFiles, selfSignedTls, type TlsFiles } from './tls.js';
import { version } from '../shared/version.js';

const KEEP_ALIVE_MS = 10_000;
/** How often Node.js looks for connections that are over their time. */
const TIMEOUT_CHECK_MS = 1000;
/** For the requests that run when the server is told to stop. */
const REQUESTS_END_MS = 7000;
/** For what they leave: a training, the gallery, the workers. */
const CORE_ENDS_MS = 2000;

const publicDir = fileURLToPath(new URL('../../public', import.meta.url));

export interface RunningServer {
  readonly url: string;
  readonly core: Core;
  /** Who may use it, in a sentence. */
  readonly access: string;
  /** Stops accepting, finishes what runs, ends the workers; within 10 s, whatever hangs. */
  close(): Promise<void>;
}

/**
 * Listens at once, so that `/healthz` answers, and resolves when the networks have run and the gallery is open.
 * @throws RostroError when the address, a model file or the gallery is not usable; nothing listens then
 */
export async function serve(config: Config, log: Logger): Promise<RunningServer> {
  let core: Core | null = null;
  const metrics = new Metrics(() => core && levelsOf(core));
  const limits = { ...config, deadlineMs: config.requestDeadlineMs };
  const outlets = await readOutlets(config);
  const stores = await openStores(config);
  const access = await openAccess(config, stores, log).catch(closing(stores));
  const services = whenReady(() => core);
  const app = createApp({ services, access, limits, publicDir, version, log, metrics });
  const sockets = new LiveSockets({ services, access, limits, maxSessions: config.maxLiveSessions, log });
  const tls = await tlsFiles(config).catch(closing(stores));
  const server = httpServer(config, tls, app);
  const stop = stopperOf(server);
  server.on('upgrade', sockets.upgrade);
  const url = `${tls ? 'https' : 'http'}://${await listen(server, config).catch(closing(stores))}`;
  try {
    const observer = (trail: AuditTrail) =>
      observers([metricsObserver(metrics), ...(config.audit === 'all' ? [auditedLooks(trail)] : [])]);
    const composed = await composeCore(config, { log, observer, stores });
    const notices = [...composed.notices, ...(await begin(composed, config))];
    metrics.runs({ version, ...composed.recognition.model });
    await startSeeing(composed, outlets).catch(async (error: unknown) => {
      await composed.close();
      throw error;
    });
    core = composed;
    const close = () => shutDown(stop, sockets, composed);
    return { url, core: { ...composed, notices }, access: describe(access), close };
  } catch (error) {
    sockets.close();
    await stop(0);
    throw error;
  }
}

/** What is to be done before the first request. @returns what was found, a sentence each */
async function begin(core: Core, { stateDir }: Config): Promise<string[]> {
  const { gallery, trail, retention, vault, search } = core;
  search.follow();
  if (core.isReadOnly) return [];
  try {
    const notices = await finishErasures({ gallery, trail, stateDir, vault, auditFolder: auditFolder(stateDir) });
    await core.imports.clear();
    await retention?.start();
    return notices;
  } catch (error) {
    await core.close();
    throw error;
  }
}

function levelsOf({ pipeline, gallery, live, cameras, deliveries }: Core): Levels {
  const everyone = gallery.people();
  return {
    queued: pipeline.load.waiting,
    people: everyone.length,
    examples: everyone.reduce((sum, { examples }) => sum + examples.length, 0),
    liveSessions: live.count,
    camerasLive: cameras.all.filter(({ state }) => state === 'live').length,
    eventsWaiting: deliveries.status.reduce((sum, { waiting }) => sum + waiting, 0),
  };
}

/** @throws RostroError `bad_config` when everybody could get in from elsewhere and nobody said that they may */
async function openAccess(config: Config, { keys: store, sessions }: Stores, log: Logger): Promise<AccessPolicy> {
  const { host, open, corsOrigins, trustProxy } = config;
  const keys = await AccessKeys.open(store, (line) => log.warn({}, line));
  if (!keys.exist && !open && !isLoopback(host)) {
    throw new RostroError(
      'bad_config',
      `Without an access key the server listens on this machine only, not on ${host}: make a key with "rostro keys create --scope admin", or start it with --open to let everybody in.`,
    );
  }
  return {
    gate: new Gate(keys, sessions, open || isLoopback(host)),
    ownHostOnly: !open,
    corsOrigins,
    trustProxy,
    perMinute: { all: config.rateLimit, changes: config.changesRateLimit },
  };
}

/** For a start that fails. */
function closing(stores: Stores): (error: unknown) => Promise<never> {
  return async (error) => {
    await stores.close();
    throw error;
  };
}

function describe({ gate, ownHostOnly }: AccessPolicy): string {
  if (gate.keys.exist) return 'needs a key';
  return ownHostOnly ? 'open to this machine, to nobody else' : 'OPEN: whoever can reach the address may do everything';
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** A client that is slow to send is answered 408 by Node.js itself, and its connection closed. */
function httpServer(config: Config, tls: TlsFiles | null, app: RequestListener): Server {
  const { headersTimeoutMs, bodyTimeoutMs, maxConnections } = config;
  const timeouts = {
    headersTimeout: headersTimeoutMs,
    requestTimeout: Math.max(bodyTimeoutMs, headersTimeoutMs),
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: TIMEOUT_CHECK_MS,
  };
  const server = tls
    ? createTlsServer({ ...tls, ...timeouts, minVersion: 'TLSv1.2', handshakeTimeout: headersTimeoutMs }, app)
    : createServer(timeouts, app);
  server.maxConnections = maxConnections;
  return server;
}

async function tlsFiles({ tls, stateDir }: Config): Promise<TlsFiles | null> {
  if (tls === null) return null;
  return tls === 'self-signed' ? selfSignedTls(stateDir) : readTlsFiles(tls.cert, tls.key);
}

/** @returns host and port as a person would type them */
function listen(server: Server, { host, port }: Config): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const reason = cause.code === 'EADDRINUSE' ? 'another program uses it' : (cause.code ?? cause.message);
      reject(new RostroError('bad_config', `Cannot listen on ${host}:${port}: ${reason}.`, { cause }));
    });
    server.listen(port, host, () => {
      const { port: actual } = server.address() as AddressInfo;
      const shown = host === '127.0.0.1' || host === '::1' ? 'localhost' : host;
      resolve(`${shown}:${actual}`);
    });
  });
}

/** The gallery's journal makes it safe to leave what is still under way then to the end of the process. */
async function shutDown(stop: ReturnType<typeof stopperOf>, sockets: LiveSockets, core: Core): Promise<void> {
  sockets.close();
  // Whoever hears of events hears who was there last; only then their replies end, for which the server waits.
  void core.cameras.close().then(() => core.events.close());
  await stop(REQUESTS_END_MS);
  const late = new Promise<void>((resolve) => setTimeout(resolve, CORE_ENDS_MS).unref());
  await Promise.race([core.close(), late]);
}
