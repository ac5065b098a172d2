import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { auditFolder, openStores, type Stores } from './state-stores.js';
import type { AuditTrail } from '../privacy/audit/trail.js';
import { composeCore, type Core } from './core.js';
import { settingEffects } from './live-settings.js';
import { readEventSetup, startCameras } from './cameras.js';
import { httpPluginsOf } from './plugins.js';
import { BackOff } from '../access/back-off.js';
import { Gate } from '../access/gate.js';
import { AccessKeys } from '../access/keys.js';
import type { Config } from './config.js';
import { RostroError } from '../shared/errors.js';
import { createApp, type AccessPolicy } from '../http/app.js';
import { bodyBudget } from '../http/bodies.js';
import { Connections } from '../http/connections.js';
import { rateLimits } from '../http/guard.js';
import { LiveSockets, upgradableRequest } from '../http/live/live-sockets.js';
import { metricsObserver } from '../http/metrics-observer.js';
import { largestBody } from '../http/photos.js';
import { whenReady } from '../http/readiness.js';
import { PublicPath } from '../http/public-path.js';
import { Refusals } from '../http/request-log.js';
import { limitStalls } from '../http/stalled-bodies.js';
import { gracefulStop } from '../http/stop-server.js';
import type { Logger } from '../shared/logger.js';
import { type CurrentValues, type HistoryValues, Metrics } from '../shared/prometheus.js';
import { auditObserver } from '../privacy/audited-gallery.js';
import { finishErasures } from '../privacy/erasure.js';
import { combineObservers } from '../people/observer.js';
import { readTlsFiles, selfSignedTls, type TlsFiles } from './tls.js';
import { packageRoot, version } from '../shared/version.js';

/** Between two checks of Node.js for connections that have timed out. */
const TIMEOUT_CHECK_MS = 1000;
/** For running requests when the server stops. */
const REQUESTS_END_MS = 7000;
/** For the rest after that: a training, the gallery, the workers. */
const CORE_ENDS_MS = 2000;

const publicDir = fileURLToPath(new URL('public', packageRoot));

export interface RunningServer {
  readonly url: string;
  readonly core: Core;
  /** Who can use the server, for the start message. */
  readonly access: string;
  /** Resolves when the server can process no more photos and must be started again. */
  readonly lost: Promise<void>;
  /** Refuses new connections, finishes running requests, ends the workers; takes 10 s at most. */
  close(): Promise<void>;
}

/**
 * Listens at once, so that `/healthz` answers; resolves when the networks are loaded and the gallery is open.
 * @throws RostroError if the address, a model file or the gallery is not usable; nothing listens then
 */
export async function serve(config: Config, log: Logger): Promise<RunningServer> {
  let core: Core | null = null;
  const metrics = new Metrics(
    () => core && levelsOf(core),
    async () => core && historyLevels(core),
  );
  const { limits } = config;
  const eventSetup = await readEventSetup(config);
  const stores = await openStores(config);
  const access = await openAccess(config, stores, log).catch(closeOnError(stores));
  const services = whenReady(() => core);
  const plugins = await httpPluginsOf(stores.plugins).catch(closeOnError(stores));
  const bodies = bodyBudget(largestBody(limits));
  const app = createApp({ services, access, limits, bodies, publicDir, version, log, metrics, plugins });
  const tls = await tlsFiles(config).catch(closeOnError(stores));
  const publicPath = new PublicPath(access.basePath, app.get('trust proxy fn') as (address: string) => boolean);
  const server = httpServer(config, tls, app, publicPath);
  limitStalls(server, limits.bodyTimeoutMs);
  const connections = new Connections(server, app, limits);
  const { maxSessions } = config.live;
  const refusals = new Refusals(log, metrics);
  const sockets = new LiveSockets({
    services,
    access,
    publicPath,
    limits,
    maxSessions,
    connections,
    bodies,
    refusals,
    log,
  });
  const stop = gracefulStop(server);
  server.on('upgrade', sockets.upgrade);
  const url = `${tls ? 'https' : 'http'}://${await listen(server, config).catch(closeOnError(stores))}`;
  try {
    const observer = (trail: AuditTrail) =>
      combineObservers([metricsObserver(metrics), ...(config.privacy.audit === 'all' ? [auditObserver(trail)] : [])]);
    const composed = await composeCore(config, { log, observer, stores });
    const notices = [...composed.notices, ...(await prepare(composed, config, log))];
    metrics.setBuild({ version, ...composed.recognition.model });
    await startCameras(composed, eventSetup).catch(async (error: unknown) => {
      await composed.close();
      throw error;
    });
    core = composed;
    const close = () => shutDown(stop, sockets, composed);
    const lost = composed.pipeline.lost.then(() => {
      log.error({}, 'No worker is left and none can be started: the server ends, so that it can be started again.');
    });
    return { url, core: { ...composed, notices }, access: describe(access), lost, close };
  } catch (error) {
    sockets.close();
    await stop(0);
    throw error;
  }
}

/** Work before the first request. @returns notices, a sentence each */
async function prepare(core: Core, { storage: { stateDir } }: Config, log: Logger): Promise<string[]> {
  const { gallery, trail, retention, vault, search, threshold, history } = core;
  search.sync();
  threshold.watch();
  core.settings.watch(settingEffects(core));
  if (core.isReadOnly) return [];
  try {
    const notices = await finishErasures({ gallery, trail, stateDir, vault, auditFolder: auditFolder(stateDir) });
    await core.imports.clear();
    await retention.start();
    void core.correction.start(log);
    const attendance = await core.attendance.start();
    return [...notices, ...(await history.start()), ...attendance];
  } catch (error) {
    await core.close();
    throw error;
  }
}

function levelsOf({ pipeline, gallery, live, cameras, deliveries }: Core): CurrentValues {
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

async function historyLevels({ history }: Core): Promise<HistoryValues | null> {
  const summary = await history.store.summary().catch(() => null);
  return summary && { sightings: summary.count, strangers: summary.strangers };
}

/** @throws RostroError `bad_config` if other machines could use the server without a key, and `OPEN` is not set */
async function openAccess(config: Config, { keys: store, sessions }: Stores, log: Logger): Promise<AccessPolicy> {
  const { host, open, corsOrigins, trustProxy, hstsDays, basePath, frameAncestors } = config.server;
  const keys = await AccessKeys.open(store, (line) => log.warn({}, line));
  if (!keys.everCreated && !open && !isLoopback(host)) {
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
    basePath,
    frameAncestors,
    hstsDays,
    limits: rateLimits({ all: config.limits.rateLimit, changes: config.limits.changesRateLimit }),
    wrongKeys: new BackOff(),
  };
}

/** An error handler for a start that fails: closes the stores and throws the error again. */
function closeOnError(stores: Stores): (error: unknown) => Promise<never> {
  return async (error) => {
    await stores.close();
    throw error;
  };
}

function describe({ gate, ownHostOnly }: AccessPolicy): string {
  if (gate.keys.everCreated) return 'needs a key';
  return ownHostOnly
    ? 'open to this machine, to nobody else'
    : 'OPEN: anyone who can reach the address may do everything';
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** Node.js itself answers 408 to clients that send their headers too slowly, and closes their connections. */
function httpServer(config: Config, tls: TlsFiles | null, app: RequestListener, publicPath: PublicPath): Server {
  const { headersTimeoutMs, keepAliveTimeoutMs } = config.limits;
  const options = {
    IncomingMessage: upgradableRequest(publicPath),
    headersTimeout: headersTimeoutMs,
    requestTimeout: 0,
    keepAliveTimeout: keepAliveTimeoutMs,
    connectionsCheckingInterval: TIMEOUT_CHECK_MS,
  };
  return tls
    ? createTlsServer({ ...tls, ...options, minVersion: 'TLSv1.2', handshakeTimeout: headersTimeoutMs }, app)
    : createServer(options, app);
}

async function tlsFiles({ tls, storage: { stateDir } }: Config): Promise<TlsFiles | null> {
  if (tls === null) return null;
  return tls === 'self-signed' ? selfSignedTls(stateDir) : readTlsFiles(tls.cert, tls.key);
}

/** @returns host and port for the URL in the start message */
function listen(server: Server, { server: { host, port } }: Config): Promise<string> {
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

/** Changes that are still running after the time limit end with the process; the journal of the gallery makes that safe. */
async function shutDown(stop: ReturnType<typeof gracefulStop>, sockets: LiveSockets, core: Core): Promise<void> {
  sockets.close();
  // Closing the cameras sends the last events. Then the event streams end, for which the server waits.
  void core.cameras.close().then(() => core.events.close());
  await stop(REQUESTS_END_MS);
  const late = new Promise<void>((resolve) => setTimeout(resolve, CORE_ENDS_MS).unref());
  await Promise.race([core.close(), late]);
}
