import { Router } from 'express';
import type { Services } from '../services.js';

/** Who outside is told of events, how that goes, and trying again what was given up. */
export function deliveriesRoutes(services: () => Services): Router {
  return Router()
    .get('/deliveries', (_request, response) => {
      response.json({ receivers: services().deliveries.status });
    })
    .post('/deliveries/:id/retry', async (request, response) => {
      response.json({ retried: await services().deliveries.retry(request.params.id) });
    });
}
