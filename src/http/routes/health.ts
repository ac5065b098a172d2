import { Router } from 'express';
import { RostroError } from '../../shared/errors.js';
import type { NotReadyReason } from '../readiness.js';
import type { Services } from '../services.js';
import { identityOf } from '../guard.js';

const WHY_NOT: Readonly<Record<NotReadyReason, string>> = {
  storage: 'The disk does not take changes to the gallery.',
  database:
    'The database cannot be reached: people are recognised as they were known last, and nothing can be changed.',
  queue: 'As many photos wait as may wait.',
  embedding: 'The thread that embeds faces has ended.',
};

/**
 * `GET /healthz`: the process answers. `GET /readyz`: the networks have run, faces can be embedded, photos may wait and
 * the gallery can be written; which, and how many people there are, for those who may know. `GET /status`: what runs, for people.
 */
export function healthRoutes(services: () => Services, version: string): Router {
  return Router()
    .get('/healthz', (_request, response) => {
      response.json({ status: 'ok' });
    })
    .get('/readyz', async (_request, response) => {
      const { recognition, people, readiness } = services();
      const reason = await readiness.whyNot();
      if (reason !== null) throw new RostroError('not_ready', WHY_NOT[reason], { details: { reason } });
      const details = { model: recognition.model, people: people.count };
      response.json({ status: 'ready', ...(identityOf(response) && details) });
    })
    .get('/status', (_request, response) => {
      const { recognition, people } = services();
      const { model, threshold } = recognition;
      response.json({ version, model, threshold, people: people.count, liveness: false });
    });
}
