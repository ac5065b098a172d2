import express, { Router, type Request } from 'express';
import type { Services } from '../../../http/services.js';
import { senderOf } from '../../../http/guard.js';
import { notBlank } from './parameters.js';
import { jsonOnly } from './photo-parts.js';

const json = Router().use(jsonOnly, express.json({ limit: '16kb' }));

/** The subjects of a key's group. */
export function subjectRoutes(services: () => Services): Router {
  return Router()
    .get('/api/v1/recognition/subjects', async (_request, response) => {
      response.json({ subjects: await services().compreface.collection.subjects(senderOf(response).group) });
    })
    .post('/api/v1/recognition/subjects', json, async (request, response) => {
      const { subjects } = services().compreface;
      const subject = await subjects.add(senderOf(response).group, subjectIn(request));
      response.status(201).json({ subject });
    })
    .delete('/api/v1/recognition/subjects', async (_request, response) => {
      const removed = await services().compreface.subjects.removeAll(senderOf(response).group);
      response.json({ deleted: removed.subjects });
    })
    .put('/api/v1/recognition/subjects/:subject', json, async (request, response) => {
      const { subjects } = services().compreface;
      const updated = await subjects.rename(
        senderOf(response).group,
        String(request.params.subject),
        subjectIn(request),
      );
      response.json({ updated });
    })
    .delete('/api/v1/recognition/subjects/:subject', async (request, response) => {
      const { subjects } = services().compreface;
      response.json({ subject: await subjects.remove(senderOf(response).group, request.params.subject) });
    });
}

/** @throws CompreFaceError where there is none */
function subjectIn(request: Request): string {
  const { subject } = (request.body ?? {}) as { subject?: unknown };
  return notBlank(typeof subject === 'string' ? subject : '');
}
