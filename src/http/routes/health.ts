import { Router } from 'express';
import type { Services } from '../../service/services.js';

/** `GET /healthz`: the process answers. `GET /readyz`: the networks are loaded and have run once. */
export function healthRoutes(services: () => Services): Router {
  return Router()
    .get('/healthz', (_request, response) => {
      response.json({ status: 'ok' });
    })
    .get('/readyz', (_request, response) => {
      const { recognition, people } = services();
      response.json({ status: 'ready', model: recognition.model, people: people.count });
    });
}
