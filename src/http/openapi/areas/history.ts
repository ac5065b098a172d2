import * as schemas from '../../schemas.js';
import { CHANGE_ERRORS } from '../failures.js';
import { file, json, type Area } from '../operation.js';

const { sightingPath } = schemas;
const READ_ERRORS = ['storage_failed', 'database_unreachable', 'not_ready'] as const;

/** Who was seen. */
export const HISTORY: Area = {
  name: 'History',
  description: 'Who was seen by cameras and live sessions. Nothing is recorded without `HISTORY_DAYS`.',
  operations: {
    'GET /sightings': {
      id: 'listSightings',
      summary: 'Who was seen, the newest first, in pages',
      query: schemas.sightingsQuery,
      reply: json(schemas.sightings),
      errors: ['bad_request', ...READ_ERRORS],
    },
    'DELETE /sightings': {
      id: 'eraseSightings',
      summary: 'Erase all sightings that match',
      description: 'Needs a filter, or `all=true`. The audit log records it.',
      query: schemas.sightingsToErase,
      reply: json(schemas.erasedSightings),
      errors: ['bad_request', ...CHANGE_ERRORS],
    },
    'GET /sightings/:id': {
      id: 'getSighting',
      summary: 'One sighting',
      path: sightingPath,
      reply: json(schemas.sighting),
      errors: ['sighting_not_found', ...READ_ERRORS],
    },
    'DELETE /sightings/:id': {
      id: 'eraseSighting',
      summary: 'Erase one sighting',
      path: sightingPath,
      reply: json(schemas.deletedSighting),
      errors: ['sighting_not_found', ...CHANGE_ERRORS],
    },
    'GET /sightings/:id/crop': {
      id: 'getSightingCrop',
      summary: 'The crop of the best look',
      path: sightingPath,
      reply: file('image/jpeg'),
      errors: ['sighting_not_found', ...READ_ERRORS],
    },
  },
};
