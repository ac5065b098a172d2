import { Router } from 'express';
import type { BackOff } from '../access/back-off.js';
import type { Gate } from '../access/gate.js';
import type { Metrics } from '../shared/prometheus.js';
import type { Services } from './services.js';
import type { RequestLimits } from './photos.js';
import type { HttpPlugin } from './plugin.js';
import { attendanceRoutes } from './routes/attendance.js';
import { calibrationRoutes, healthRoutes, metricsRoute, openApiRoute } from './routes/service.js';
import { administrationRoutes } from './routes/administration.js';
import { camerasRoutes } from './routes/cameras.js';
import { deliveriesRoutes, eventsRoute } from './routes/events.js';
import { challengesRoutes } from './routes/challenges.js';
import { backupRoutes, exportRoutes } from './routes/backup.js';
import { historyRoutes } from './routes/history.js';
import { keysRoutes } from './routes/keys.js';
import { strangerRoutes } from './routes/strangers.js';
import { importRoutes } from './routes/import.js';
import { negativesRoutes } from './routes/negatives.js';
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
  readonly access: { readonly gate: Gate; readonly wrongKeys: BackOff; readonly frameAncestors: readonly string[] };
  readonly plugins: readonly HttpPlugin[];
}

/** All routes except the pages. A route is served only with an entry in `access-table.ts` or in the table of its plugin. */
export function apiRoutes(parts: ApiParts): Router {
  const { services, limits, publicDir, version, metrics, access, plugins } = parts;
  const router = Router()
    .use(healthRoutes(services, version))
    .use(sessionRoutes(access))
    .use(keysRoutes(services, access.gate))
    .use(uploadRoute(services, limits, publicDir))
    .use(recognizeRoutes(services, limits))
    .use(challengesRoutes(services, limits))
    .use(peopleRoutes(services))
    .use(negativesRoutes(services, limits))
    .use(exportRoutes(services))
    .use(camerasRoutes(services, limits))
    .use(eventsRoute(services, access.gate))
    .use(deliveriesRoutes(services))
    .use(historyRoutes(services, limits))
    .use(attendanceRoutes(services, limits))
    .use(strangerRoutes(services, limits))
    .use(importRoutes(services, limits))
    .use(backupRoutes(services))
    .use(metricsRoute(metrics))
    .use(calibrationRoutes(services))
    .use(administrationRoutes(services))
    .use(openApiRoute(version, plugins));
  for (const plugin of plugins) router.use(plugin.routes(() => services().forPlugins, limits));
  return router;
}
