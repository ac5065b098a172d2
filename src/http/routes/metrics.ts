import { Router } from 'express';
import type { Metrics } from '../../shared/metrics.js';

/** `GET /metrics`: the figures of this server, for Prometheus. */
export function metricsRoute(metrics: Metrics): Router {
  return Router().get('/metrics', async (_request, response) => {
    response.type(metrics.contentType).send(await metrics.text());
  });
}
