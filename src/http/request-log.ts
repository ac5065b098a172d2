import type { Request, RequestHandler, Response } from 'express';
import type { Logger } from '../shared/logger.js';
import type { Metrics } from '../shared/prometheus.js';
import { REQUEST_ID_HEADER } from './error-handler.js';

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
      const fields = { id: response.get(REQUEST_ID_HEADER), method, route, status, ms: Math.round(ms * 10) / 10 };
      log[levelOf(route, status)](fields, 'request');
    });
    next();
  };
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
