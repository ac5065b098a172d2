import { Router } from 'express';
import { jsonBody, parseRequest } from '../parse.js';
import { modelChange, settingChanges, settingsPatchQuery } from '../schemas.js';
import type { ServerModel } from '../schemas.js';
import type { Services } from '../services.js';

const json = jsonBody(4 * 1024);

/** The settings that may change while the server runs, the state of the server, and its embedder. */
export function administrationRoutes(services: () => Services): Router {
  return Router()
    .get('/health', async (_request, response) => {
      response.json(await services().health.report());
    })
    .get('/model', (_request, response) => {
      response.json(modelReply(services()));
    })
    .post('/model', json, (request, response) => {
      const { embedder } = parseRequest(modelChange, request.body, 'body');
      services().modelChange.prepare(embedder);
      response.status(202).json(modelReply(services()));
    })
    .delete('/model', async (_request, response) => {
      await services().modelChange.stop();
      response.json(modelReply(services()));
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

function modelReply({ recognition, modelChange, forPlugins }: Services): ServerModel {
  const { dimension } = forPlugins.pipeline.info.contract;
  return { model: recognition.model, dimension, embedders: modelChange.choices(), change: modelChange.change };
}
