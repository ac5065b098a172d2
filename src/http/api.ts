import { Router } from 'express';
import type { BackOff } from '../access/back-off.js';
import type { Gate } from '../access/gate.js';
import type { Metrics } from '../shared/metrics.js';
import type { Services } from './services.js';
import { compreFaceRoutes } from '../plugins/compreface/http/routes.js';
import type { RequestLimits } from './photos.js';
import { calibrationRoute } from './routes/calibration.js';
import { camerasRoutes } from './routes/cameras.js';
import { eventsRoute } from './routes/events.js';
import { deliveriesRoutes } from './routes/deliveries.js';
import { backupRoutes } from './routes/backup.js';
import { exportRoute } from './routes/export.js';
import { healthRoutes } from './routes/health.js';
import { importRoutes } from './routes/import.js';
import { metricsRoute } from './routes/metrics.js';
import { openApiRoute } from './routes/openapi.js';
import { peopleRoutes } from './routes/people.js';
import { recognizeRoutes } from './routes/recognize.js';
import { sessionRoutes } from './routes/session.js';
import { uploadRoute } from './routes/upload.js';

export interface ApiParts {
  /** @throws RostroError `not_ready` until the networks are loaded */
  readonly services: () => Services;
  readonly limits: RequestLimits;
  readonly publicDir: string;
  readonly version: string;
  readonly metrics: Metrics;
  readonly gate: Gate;
  readonly failedLogins: BackOff;
}

/** Every route but the pages. Each needs its line in `access-table.ts`, or it is not served. */
export function apiRoutes({ services, limits, publicDir, version, metrics, gate, failedLogins }: ApiParts): Router {
  return Router()
    .use(healthRoutes(services, version))
    .use(sessionRoutes(gate, failedLogins))
    .use(uploadRoute(services, limits, publicDir))
    .use(recognizeRoutes(services, limits))
    .use(peopleRoutes(services))
    .use(exportRoute(services))
    .use(camerasRoutes(services))
    .use(eventsRoute(services, gate))
    .use(deliveriesRoutes(services))
    .use(importRoutes(services, limits))
    .use(backupRoutes(services))
    .use(compreFaceRoutes(services, limits))
    .use(metricsRoute(metrics))
    .use(calibrationRoute(services))
    .use(openApiRoute(version));
}
