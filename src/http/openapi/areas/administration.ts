import * as schemas from '../../schemas.js';
import { BODY_ERRORS } from '../failures.js';
import { json, type Area } from '../operation.js';

/** Running the server. */
export const ADMINISTRATION: Area = {
  name: 'Administration',
  description: 'State of the server, and settings that change while it runs.',
  operations: {
    'GET /health': {
      id: 'getHealth',
      summary: 'The state of the server and its gallery, with what needs attention',
      description: 'Most of what `rostro doctor` finds, as far as it takes little time.',
      reply: json(schemas.healthReport),
      errors: ['not_ready'],
    },
    'GET /model': {
      id: 'getModel',
      summary: 'The networks that run, and the embedders that there are',
      reply: json(schemas.serverModel),
      errors: ['not_ready'],
    },
    'POST /model': {
      id: 'prepareModel',
      summary: 'Compute the embeddings of another embedder',
      description:
        'From the kept crops, beside those in use, as `rostro reembed --to` does. `change` of the reply and of `GET /model` has the progress, and then the commands that use them: the server has to be stopped for that.',
      body: { 'application/json': schemas.modelChange },
      reply: json(schemas.serverModel, 202),
      errors: [...BODY_ERRORS, 'busy', 'bad_config', 'not_ready'],
    },
    'DELETE /model': {
      id: 'stopModel',
      summary: 'Stop computing the embeddings of another embedder',
      description: 'What was computed is kept, and the next `POST /model` goes on from there.',
      reply: json(schemas.serverModel),
      errors: ['not_ready'],
    },
    'GET /settings': {
      id: 'listSettings',
      summary: 'The settings that may change while the server runs',
      reply: json(schemas.settings),
      errors: ['not_ready'],
    },
    'PATCH /settings': {
      id: 'changeSettings',
      summary: 'Change settings at once',
      description:
        'All of them or none. They hold after a restart, and for all servers of a database. The audit log records them as `configure`.',
      query: schemas.settingsPatchQuery,
      body: { 'application/json': schemas.settingChanges },
      reply: json(schemas.changedSettings),
      errors: [
        ...BODY_ERRORS,
        'setting_fixed',
        'liveness_unavailable',
        'storage_failed',
        'database_unreachable',
        'not_ready',
      ],
    },
  },
};
