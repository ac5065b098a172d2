import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import express, { type Express, type Request, Router } from 'express';
import type { BackOff } from '../access/back-off.js';
import type { Gate } from '../access/gate.js';
import { currentActor } from '../privacy/audit/actor.js';
import { RostroError } from '../shared/errors.js';
import type { Logger } from '../shared/logger.js';
import type { Metrics } from '../shared/prometheus.js';
import { packageRoot } from '../shared/version.js';
import { accessTable } from './access-table.js';
import { apiRoutes } from './api.js';
import { type BodyBudget, budgeted } from './bodies.js';
import { crossOrigin, ownHostOnly, sameOriginOnly, securityHeaders } from './browser-security.js';
import { compressed } from './compressed.js';
import { errorHandler, REQUEST_ID_HEADER } from './error-handler.js';
import { parseQuery } from './form-text.js';
import { guarded, otherMethods, type RateLimits } from './guard.js';
import type { RequestLimits } from './photos.js';
import type { HttpPlugin } from './plugin.js';
import { belowPath, PublicPath } from './public-path.js';
import { Refusals, requestLog } from './request-log.js';
import type { Services } from './services.js';

export interface AccessPolicy {
  readonly gate: Gate;
  /** Whether a server without keys accepts requests to localhost only. */
  readonly ownHostOnly: boolean;
  readonly corsOrigins: readonly string[];
  /** Express's setting `trust proxy`. */
  readonly trustProxy: number | readonly string[];
  /** See `PublicPath`. */
  readonly basePath: string;
  /** Origins whose pages may show this server's in a frame. */
  readonly frameAncestors: readonly string[];
  /** Sent over HTTPS only; 0 is off. */
  readonly hstsDays: number;
  readonly limits: RateLimits;
  readonly wrongKeys: BackOff;
}

export interface AppDependencies {
  /** @throws RostroError `not_ready` until the networks are loaded */
  readonly services: () => Services;
  readonly access: AccessPolicy;
  readonly limits: RequestLimits;
  readonly bodies: BodyBudget;
  /** Folder of the web page. */
  readonly publicDir: string;
  readonly version: string;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly plugins: readonly HttpPlugin[];
}

/** The Express app with all routes and pages. */
export function createApp(parts: AppDependencies): Express {
  const { services, access, limits, bodies, publicDir, version, log, metrics, plugins } = parts;
  const { gate, corsOrigins } = access;
  const app = express();
  app.disable('x-powered-by');
  app.set('trust proxy', access.trustProxy);
  app.set('query parser', parseQuery);
  app.use((_request, response, next) => {
    response.set(REQUEST_ID_HEADER, randomUUID());
    next();
  });
  app.use(belowPath(new PublicPath(access.basePath, app.get('trust proxy fn') as (address: string) => boolean)));
  app.use(requestLog(log, metrics), securityHeaders(access), compressed(), budgeted(bodies));
  if (access.ownHostOnly) app.use(ownHostOnly(gate));
  if (corsOrigins.length > 0) app.use(crossOrigin(corsOrigins));
  app.use(sameOriginOnly(corsOrigins));
  const api = apiRoutes({ services, limits, publicDir, version, metrics, access, plugins });
  const refusals = new Refusals(log, metrics);
  const table = accessTable(plugins);
  app.use(guarded(api, { ...access, access: table, refusals, onRead: readRecorder(services) }));
  app.use(vendorRoutes());
  app.use(express.static(publicDir));
  app.use(otherMethods(table));
  app.use((request, _response, next) => {
    next(new RostroError('route_not_found', `There is no ${request.method} ${request.path} here.`));
  });
  app.use(refusals.handler);
  for (const plugin of plugins) {
    app.use(
      plugin.prefix,
      errorHandler(log, (response, error) => plugin.sendError(response, error)),
    );
  }
  app.use(errorHandler(log));
  return app;
}

/** Parts of a path that say what was read. A name is recorded as a pseudonym. */
const READ_PARTS = ['id', 'track', 'example', 'image'];

/** Open pages ask for these every few seconds. */
const REFRESHED: ReadonlySet<string> = new Set(['/health', '/attendance/:id']);
/** One line for so long says that a sender has them open. */
const REFRESHED_NOTED_EVERY_MS = 60_000;

function readRecorder(services: () => Services) {
  const notedAt = new Map<string, number>();
  const isNoted = (route: string, path: string): boolean => {
    if (!REFRESHED.has(route)) return false;
    const now = performance.now();
    for (const [key, at] of notedAt) if (now - at >= REFRESHED_NOTED_EVERY_MS) notedAt.delete(key);
    const key = `${JSON.stringify(currentActor())} ${path}`;
    if (notedAt.has(key)) return true;
    notedAt.set(key, now);
    return false;
  };
  return (route: string, { params, path }: Request): void => {
    if (isNoted(route, path)) return;
    let parts: Services;
    try {
      parts = services();
    } catch {
      return; // Nothing can be read yet.
    }
    const { people, observer } = parts.forPlugins;
    const given = READ_PARTS.flatMap((part) =>
      typeof params[part] === 'string' ? [[part, params[part].slice(0, 100)]] : [],
    );
    observer.dataRead(typeof params.name === 'string' ? people.nameOf(params.name) : null, {
      route,
      ...(Object.fromEntries(given) as Record<string, string>),
    });
  };
}

const { resolve } = createRequire(import.meta.url);
const bootstrapDist = join(dirname(resolve('bootstrap')), '..');
const jqueryModules = join(dirname(resolve('jquery')), '..', 'dist-module');
/** Output of `scripts/build.js`. */
const built = (folder: string) => fileURLToPath(new URL(`dist/${folder}/`, packageRoot));

/**
 * Bootstrap and jQuery (without its requests and animations) from their npm packages, Scalar, the client of the pages, and the
 * help; all work offline.
 */
export function vendorRoutes(): Router {
  return Router()
    .use('/vendor/bootstrap', express.static(bootstrapDist, { maxAge: '1d' }))
    .get('/vendor/jquery/jquery.module.min.js', (_request, response) => {
      response.sendFile(join(jqueryModules, 'jquery.slim.module.min.js'), { maxAge: '1d' });
    })
    .use('/vendor/scalar', express.static(built('vendor/scalar'), { maxAge: '1d' }))
    .use('/client', express.static(built('client')))
    .use('/help', express.static(built('help')), (request, response, next) => {
      // The help of a page that this version does not have.
      if (request.method === 'GET' && request.path.endsWith('.html')) response.redirect('./');
      else next();
    });
}
