import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import express, { type Express, Router } from 'express';
import { BackOff } from '../access/back-off.js';
import type { Gate } from '../access/gate.js';
import { sendCompreFaceError } from '../plugins/compreface/http/errors.js';
import { RostroError } from '../shared/errors.js';
import type { Logger } from '../shared/logger.js';
import type { Metrics } from '../shared/metrics.js';
import { apiRoutes } from './api.js';
import { crossOrigin, ownHostOnly, sameOriginOnly, securityHeaders } from './browser-security.js';
import { errorHandler, REQUEST_ID_HEADER } from './error-handler.js';
import { guarded } from './guard.js';
import type { RequestLimits } from './photos.js';
import { rateLimits } from './rate-limits.js';
import { requestLog } from './request-log.js';
import type { Services } from './services.js';

export interface AccessPolicy {
  readonly gate: Gate;
  /** Whether a server without keys minds the name that it is called by. */
  readonly ownHostOnly: boolean;
  readonly corsOrigins: readonly string[];
  /** As Express takes it. */
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
}

/** The whole HTTP surface; it does not listen. */
export function createApp(parts: AppDependencies): Express {
  const { services, access, limits, publicDir, version, log, metrics } = parts;
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
  const api = apiRoutes({ services, limits, publicDir, version, metrics, gate, failedLogins: new BackOff() });
  app.use(guarded(api, { gate, limits: rateLimits(access.perMinute), wrongKeys: new BackOff() }));
  app.use(vendorRoutes());
  app.use(express.static(publicDir));
  app.use((request, _response, next) => {
    next(new RostroError('route_not_found', `There is no ${request.method} ${request.path} here.`));
  });
  app.use('/api/v1', errorHandler(log, sendCompreFaceError));
  app.use(errorHandler(log));
  return app;
}

const { resolve } = createRequire(import.meta.url);
const bootstrapDist = join(dirname(resolve('bootstrap')), '..');
const jqueryModules = join(dirname(resolve('jquery')), '..', 'dist-module');
/** What `scripts/build.js` makes, seen from src/ and from dist/. */
const built = (folder: string) => fileURLToPath(new URL(`../../dist/${folder}/`, import.meta.url));

/** Bootstrap and jQuery from their npm packages, Scalar, the client that the pages use, and the help: all work offline. */
export function vendorRoutes(): Router {
  return Router()
    .use('/vendor/bootstrap', express.static(bootstrapDist, { maxAge: '1d' }))
    .use('/vendor/jquery', express.static(jqueryModules, { maxAge: '1d' }))
    .use('/vendor/scalar', express.static(built('vendor/scalar'), { maxAge: '1d' }))
    .use('/client', express.static(built('client')))
    .use('/help', express.static(built('help')));
}
