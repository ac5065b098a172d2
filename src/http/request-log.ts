import { isIP } from 'node:net';
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import { keyIdOf } from '../access/key.js';
import { type ErrorCode, RostroError } from '../shared/errors.js';
import type { Logger } from '../shared/logger.js';
import type { Metrics } from '../shared/prometheus.js';
import { identityOf } from './caller.js';
import { REQUEST_ID_HEADER } from './error-handler.js';
import { HTTP_STATUS } from './error-status.js';

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
/** Requested often, by probes and pages: logged at debug level. */
const QUIET = new Set(['/healthz', '/readyz', '/metrics', 'page']);

/**
 * Logs and counts every request. Paths contain names of people, so the log has the pattern of the route instead.
 */
export function requestLog(log: Logger, metrics: Metrics): RequestHandler {
  return (request, response, next) => {
    const start = performance.now();
    response.once('close', () => {
      const ms = performance.now() - start;
      const route = routeOf(request, response);
      const method = METHODS.has(request.method) ? request.method : 'other';
      const status = response.writableFinished ? response.statusCode : CLIENT_GONE;
      metrics.recordRequest(route, method, status, ms);
      const key = keyShown(response);
      const id = response.get(REQUEST_ID_HEADER);
      const fields = { id, method, route, status, ms: Math.round(ms * 10) / 10, ...(key === null ? {} : { key }) };
      log[levelOf(route, status)](fields, 'request');
    });
    next();
  };
}

/** The id of the sender's key, or of the key in a login. */
function keyShown(response: Response): string | null {
  return identityOf(response)?.key?.id ?? (response.locals.shownKey as string | undefined) ?? null;
}

/** Codes of requests that are refused for who sent them, or from where. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set([
  'unauthorised',
  'forbidden',
  'bad_csrf_token',
  'bad_host',
  'cross_origin',
  'too_many_requests',
]);

export interface RefusedRequest {
  readonly id?: string | undefined;
  readonly ip: string | undefined;
  /** Of the sender, or see {@link shownKey}. */
  readonly key: string;
  readonly method: string;
  readonly route: string;
}

/**
 * Logs and counts requests that are refused for their sender. fail2ban reads these lines (docs/security.md), so they have no
 * text of the client.
 */
export class Refusals {
  constructor(
    private readonly log: Logger,
    private readonly metrics: Metrics,
  ) {}

  record(error: unknown, { ip = '', key, method, route, id }: RefusedRequest): void {
    if (!(error instanceof RostroError) || !REFUSALS.has(error.code)) return;
    const { code } = error;
    this.metrics.recordAuthFailure(code);
    const address = isIP(ip) === 0 ? 'unknown' : ip.replace(/^::ffff:(?=\d+\.)/i, '');
    const sent = METHODS.has(method) ? method : 'other';
    this.log.warn({ address, code, key, method: sent, route, status: HTTP_STATUS[code], id }, 'request refused');
  }

  recordRequest(error: unknown, request: Request, response: Response): void {
    const { ip, method } = request;
    const key = keyShown(response) ?? 'none';
    const { path: route = 'none' } = (request.route ?? {}) as { path?: string };
    this.record(error, { ip, key, method, route, id: response.get(REQUEST_ID_HEADER) });
  }

  /** Passes the error on. */
  readonly handler: ErrorRequestHandler = (error: unknown, request, response, next) => {
    this.recordRequest(error, request, response);
    next(error);
  };
}

/** The id of a key that was shown, right or wrong; `none` without a key, `malformed` for another text. */
export function shownKey(text: string | undefined): string {
  return text === undefined ? 'none' : (keyIdOf(text) ?? 'malformed');
}

/** As in nginx: the client closed the connection before the reply was complete. */
const CLIENT_GONE = 499;

/** `page` for a static file, `none` for an unknown path or a request that was refused before its route. */
export function routeOf(request: Request, response: Response): string {
  const { path } = (request.route as { path?: unknown } | undefined) ?? {};
  if (typeof path === 'string') return path;
  return response.statusCode < 400 ? 'page' : 'none';
}

function levelOf(route: string, status: number): 'debug' | 'info' | 'error' {
  if (status >= 500 && status !== 503) return 'error';
  return QUIET.has(route) && status < 400 ? 'debug' : 'info';
}
