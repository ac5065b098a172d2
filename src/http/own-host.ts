import type { RequestHandler } from 'express';
import type { Gate } from '../access/gate.js';
import { RostroError } from '../shared/errors.js';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

/**
 * While nobody is asked for a key, refuses requests to any other name than this machine's own. A page of another site can
 * let its own name lead to 127.0.0.1 (DNS rebinding); the browser then takes this server for that site, and only the
 * `Host` header tells.
 */
export function ownHostOnly(gate: Gate): RequestHandler {
  return async ({ headers: { host } }, _response, next) => {
    await refuseForeignHost(gate, host);
    next();
  };
}

/** @throws RostroError `bad_host` */
export async function refuseForeignHost(gate: Gate, host: string | undefined): Promise<void> {
  if (host === undefined || LOOPBACK.test(host) || !(await gate.isOpen())) return;
  throw new RostroError(
    'bad_host',
    `This server is open to its own machine only, as localhost, and was called ${host}. Make an access key, or start it with --open.`,
  );
}
