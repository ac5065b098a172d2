import { Router } from 'express';
import { jsonBody, parseRequest } from '../parse.js';
import { settingChanges, settingsPatchQuery } from '../schemas.js';
import type { Services } from '../services.js';

const json = jsonBody(4 * 1024);

/** The settings that may change while the server runs, and the state of the server. */
export function administrationRoutes(services: () => Services): Router {
  return Router()
    .get('/health', async (_request, response) => {
      response.json(await services().health.report());
    })
    .get('/settings', (_request, response) => {
      response.json({ settings: services().settings.list() });
    })
    .patch('/settings', json, async (request, response) => {
      const { preview } = parseRequest(settingsPatchQuery, request.query, 'query');
      const changes = parseRequest(settingChanges, request.body, 'body');
      const { settings } = services();
      const erases = await settings.erasedBy(changes);
      if (!preview) await settings.change(changes);
      response.json({ settings: settings.list(), erases });
    });
}
