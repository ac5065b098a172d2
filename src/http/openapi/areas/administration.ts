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
