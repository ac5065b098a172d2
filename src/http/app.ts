import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import express, { type Express, Router } from 'express';
import { BackOff } from '../access/back-off.js';
import type { Gate } from '../access/gate.js';
import { RostroError } from '../shared/errors.js';
import type { Logger } from '../shared/logger.js';
import type { Metrics } from '../shared/prometheus.js';
import { accessTable } from './access-table.js';
import { apiRoutes } from './api.js';
import { crossOrigin, ownHostOnly, sameOriginOnly, securityHeaders } from './browser-security.js';
import { errorHandler, REQUEST_ID_HEADER } from './error-handler.js';
import { guarded, rateLimits } from './guard.js';
import type { RequestLimits } from './photos.js';
import type { HttpPlugin } from './plugin.js';
import { requestLog } from './request-log.js';
import type { Services } from './services.js';

export interface AccessPolicy {
  readonly gate: Gate;
  /** Whether a server without keys accepts requests to localhost only. */
  readonly ownHostOnly: boolean;
  readonly corsOrigins: readonly string[];
  /** Express's setting `trust proxy`. */
  readonly trustProxy: number | readonly string[];
  /** Requests a minute; 0 is no limit. */
  readonly perMinute: { readonly all: number; readonly changes: number };
}

export interface AppDependencies {
  /** @throws RostroError `not_ready` until the networks are loaded */
  readonly services: () => Services;
  readonly access: AccessPolicy;
  readonly limits: RequestLimits;
  /** Folder of the web page. */
  readonly publicDir: string;
  readonly version: string;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly plugins: readonly HttpPlugin[];
}

/** The Express app with all routes and pages. */
export function createApp(parts: AppDependencies): Express {
  const { services, access, limits, publicDir, version, log, metrics, plugins } = parts;
  const { gate, corsOrigins } = access;
  const app = express();
  app.disable('x-powered-by');
  app.set('trust proxy', access.trustProxy);
  app.use((_request, response, next) => {
    response.set(REQUEST_ID_HEADER, randomUUID());
    next();
  });
  app.use(requestLog(log, metrics), securityHeaders());
  if (access.ownHostOnly) app.use(ownHostOnly(gate));
  if (corsOrigins.length > 0) app.use(crossOrigin(corsOrigins));
  app.use(sameOriginOnly(corsOrigins));
  const failedLogins = new BackOff();
  const api = apiRoutes({ services, limits, publicDir, version, metrics, gate, failedLogins, plugins });
  const guard = { gate, limits: rateLimits(access.perMinute), wrongKeys: new BackOff(), access: accessTable(plugins) };
  app.use(guarded(api, guard));
  app.use(vendorRoutes());
  app.use(express.static(publicDir));
  app.use((request, _response, next) => {
    next(new RostroError('route_not_found', `There is no ${request.method} ${request.path} here.`));
  });
  for (const plugin of plugins) {
    app.use(
      plugin.prefix,
      errorHandler(log, (response, error) => plugin.sendError(response, error)),
    );
  }
  app.use(errorHandler(log));
  return app;
}

const { resolve } = createRequire(import.meta.url);
const bootstrapDist = join(dirname(resolve('bootstrap')), '..');
const jqueryModules = join(dirname(resolve('jquery')), '..', 'dist-module');
/** Output of `scripts/build.js`; the path works from src/ and from dist/. */
const built = (folder: string) => fileURLToPath(new URL(`../../dist/${folder}/`, import.meta.url));

/** Bootstrap and jQuery from their npm packages, Scalar, the client of the pages, and the help; all work offline. */
export function vendorRoutes(): Router {
  return Router()
    .use('/vendor/bootstrap', express.static(bootstrapDist, { maxAge: '1d' }))
    .use('/vendor/jquery', express.static(jqueryModules, { maxAge: '1d' }))
    .use('/vendor/scalar', express.static(built('vendor/scalar'), { maxAge: '1d' }))
    .use('/client', express.static(built('client')))
    .use('/help', express.static(built('help')));
}
