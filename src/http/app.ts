import { randomUUID } from 'node:crypto';
import express, { type Express } from 'express';
import { RostroError } from '../errors.js';
import type { Logger } from '../observe/logger.js';
import type { Metrics } from '../observe/metrics.js';
import type { Services } from '../service/services.js';
import { asSender } from './actor.js';
import { errorHandler, REQUEST_ID_HEADER } from './error-handler.js';
import { openApiDocument } from './openapi.js';
import type { BodyLimits } from './photos.js';
import { calibrationRoute } from './routes/calibration.js';
import { requestLog } from './request-log.js';
import { exportRoute } from './routes/export.js';
import { healthRoutes } from './routes/health.js';
import { metricsRoute } from './routes/metrics.js';
import { peopleRoutes } from './routes/people.js';
import { recognizeRoutes } from './routes/recognize.js';
import { uploadRoute } from './routes/upload.js';
import { sameOriginOnly } from './same-origin.js';
import { securityHeaders } from './security-headers.js';
import { vendorRoutes } from './vendor.js';

export interface AppDependencies {
  /** @throws RostroError `not_ready` until the networks are loaded */
  readonly services: () => Services;
  readonly limits: BodyLimits;
  /** Folder of the web page. */
  readonly publicDir: string;
  readonly version: string;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** The whole HTTP surface; it does not listen. */
export function createApp({ services, limits, publicDir, version, log, metrics }: AppDependencies): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use((_request, response, next) => {
    response.set(REQUEST_ID_HEADER, randomUUID());
    next();
  });
  app.use(requestLog(log, metrics), securityHeaders(), sameOriginOnly, asSender);
  app.use(healthRoutes(services, version));
  app.use(uploadRoute(services, limits, publicDir));
  app.use(recognizeRoutes(services, limits));
  app.use(peopleRoutes(services));
  app.use(exportRoute(services));
  app.use(metricsRoute(metrics));
  app.use(calibrationRoute(services));
  app.get('/openapi.json', (_request, response) => {
    response.json(openApiDocument(version));
  });
  app.use(vendorRoutes());
  app.use(express.static(publicDir));
  app.use((request, _response, next) => {
    next(new RostroError('route_not_found', `There is no ${request.method} ${request.path} here.`));
  });
  app.use(errorHandler(log));
  return app;
}
