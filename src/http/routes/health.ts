import { Router } from 'express';
import type { Services } from '../../service/services.js';
import { identityOf } from '../guard.js';

/**
 * `GET /healthz`: the process answers. `GET /readyz`: the networks are loaded and have run once; which, and how many
 * people there are, for those who may know. `GET /status`: what runs, for people.
 */
export function healthRoutes(services: () => Services, version: string): Router {
  return Router()
    .get('/healthz', (_request, response) => {
      response.json({ status: 'ok' });
    })
    .get('/readyz', (_request, response) => {
      const { recognition, people } = services();
      const details = { model: recognition.model, people: people.count };
      response.json({ status: 'ready', ...(identityOf(response) && details) });
    })
    .get('/status', (_request, response) => {
      const { recognition, people } = services();
      const { model, threshold } = recognition;
      response.json({ version, model, threshold, people: people.count, liveness: false });
    });
}
