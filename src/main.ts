import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { composeCore, type Core } from './compose.js';
import type { Config } from './config.js';
import { RostroError } from './errors.js';
import { createApp } from './http/app.js';
import { stopServer } from './http/stop-server.js';
import { readTlsFiles, selfSignedTls, type TlsFiles } from './tls.js';

export const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** For the requests that run when the server is told to stop. */
const REQUESTS_END_MS = 7000;
/** For what they leave: a training, the gallery, the workers. */
const CORE_ENDS_MS = 2000;

const publicDir = fileURLToPath(new URL('../public', import.meta.url));

export interface RunningServer {
  readonly url: string;
  readonly core: Core;
  /** Stops accepting, finishes what runs, ends the workers; within 10 s, whatever hangs. */
  close(): Promise<void>;
}

/**
 * Listens at once, so that `/healthz` answers, and resolves when the networks have run and the gallery is open.
 * @throws RostroError when the address, a model file or the gallery is not usable; nothing listens then
 */
export async function serve(config: Config, log: (line: string) => void): Promise<RunningServer> {
  let core: Core | null = null;
  const limits = { maxImageBytes: config.maxImageBytes, maxFilesPerRequest: config.maxFilesPerRequest };
  const app = createApp({ services: () => core, limits, publicDir, version, log });
  const tls = await tlsFiles(config);
  const server = tls ? createTlsServer({ ...tls, minVersion: 'TLSv1.2' }, app) : createServer(app);
  const url = `${tls ? 'https' : 'http'}://${await listen(server, config)}`;
  try {
    const ready = (core = await composeCore(config, { log }));
    return { url, core: ready, close: () => shutDown(server, ready) };
  } catch (error) {
    await stopServer(server, 0);
    throw error;
  }
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
async function shutDown(server: Server, core: Core): Promise<void> {
  await stopServer(server, REQUESTS_END_MS);
  const late = new Promise<void>((resolve) => setTimeout(resolve, CORE_ENDS_MS).unref());
  await Promise.race([core.close(), late]);
}
