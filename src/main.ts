import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { auditFolder } from './audit/open-trail.js';
import type { AuditTrail } from './audit/trail.js';
import { composeCore, type Core } from './compose.js';
import type { Config } from './config.js';
import { RostroError } from './errors.js';
import { createApp } from './http/app.js';
import { LiveSockets } from './http/live/live-sockets.js';
import { metricsObserver } from './http/metrics-observer.js';
import { whenReady } from './http/ready.js';
import type { Logger } from './observe/logger.js';
import { Metrics, type Levels } from './observe/metrics.js';
import { auditedLooks } from './service/audited-looks.js';
import { finishErasures } from './service/erasure/at-start.js';
import { observers } from './service/observer.js';
import { readTlsFiles, selfSignedTls, type TlsFiles } from './tls.js';

export const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const publicDir = fileURLToPath(new URL('../public', import.meta.url));

export interface RunningServer {
  readonly url: string;
  readonly core: Core;
  /** Stops accepting, finishes what runs, ends the workers. */
  close(): Promise<void>;
}

/**
 * Listens at once, so that `/healthz` answers, and resolves when the networks have run and the gallery is open.
 * @throws RostroError when the address, a model file or the gallery is not usable; nothing listens then
 */
export async function serve(config: Config, log: Logger): Promise<RunningServer> {
  let core: Core | null = null;
  const metrics = new Metrics(() => core && levelsOf(core));
  const limits = { maxImageBytes: config.maxImageBytes, maxFilesPerRequest: config.maxFilesPerRequest };
  const services = whenReady(() => core);
  const app = createApp({ services, limits, publicDir, version, log, metrics });
  const sockets = new LiveSockets({ ...config, services, maxSessions: config.maxLiveSessions, log });
  const tls = await tlsFiles(config);
  const server = tls ? createTlsServer({ ...tls, minVersion: 'TLSv1.2' }, app) : createServer(app);
  server.on('upgrade', sockets.upgrade);
  const url = `${tls ? 'https' : 'http'}://${await listen(server, config)}`;
  try {
    const observer = (trail: AuditTrail) =>
      observers([metricsObserver(metrics), ...(config.audit === 'all' ? [auditedLooks(trail)] : [])]);
    const composed = await composeCore(config, { log, observer });
    const notices = [...composed.notices, ...(await begin(composed, config))];
    metrics.runs({ version, ...composed.recognition.model });
    core = composed;
    return { url, core: { ...composed, notices }, close: () => shutDown(server, sockets, composed) };
  } catch (error) {
    sockets.close();
    await closeServer(server);
    throw error;
  }
}

/** What is to be done before the first request. @returns what was found, a sentence each */
async function begin(core: Core, { stateDir }: Config): Promise<string[]> {
  const { gallery, trail, retention } = core;
  try {
    const notices = await finishErasures({ gallery, trail, stateDir, auditFolder: auditFolder(stateDir) });
    await retention?.start();
    return notices;
  } catch (error) {
    await core.close();
    throw error;
  }
}

function levelsOf({ pipeline, gallery, live }: Core): Levels {
  const everyone = gallery.people();
  return {
    queued: pipeline.load.waiting,
    people: everyone.length,
    examples: everyone.reduce((sum, { examples }) => sum + examples.length, 0),
    liveSessions: live.count,
  };
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

/** A connection of a page that keeps asking is never idle; it is closed with its next answer. */
function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.prependListener('request', (_request, response) => response.setHeader('Connection', 'close'));
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}

async function shutDown(server: Server, sockets: LiveSockets, core: Core): Promise<void> {
  sockets.close();
  await closeServer(server);
  await core.close();
}
