import { randomUUID } from 'node:crypto';
import express, { type Express } from 'express';
import { BackOff } from '../access/back-off.js';
import type { Gate } from '../access/gate.js';
import { RostroError } from '../shared/errors.js';
import type { Logger } from '../shared/logger.js';
import type { Metrics } from '../shared/metrics.js';
import type { Services } from './services.js';
import { apiRoutes } from './api.js';
import { sendCompreFaceError } from '../plugins/compreface/http/errors.js';
import { crossOrigin } from './cross-origin.js';
import { errorHandler, REQUEST_ID_HEADER } from './error-handler.js';
import { guarded } from './guard.js';
import { ownHostOnly } from './own-host.js';
import type { RequestLimits } from './photos.js';
import { rateLimits } from './rate-limits.js';
import { requestLog } from './request-log.js';
import { sameOriginOnly } from './same-origin.js';
import { securityHeaders } from './security-headers.js';
import { vendorRoutes } from './vendor.js';

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
