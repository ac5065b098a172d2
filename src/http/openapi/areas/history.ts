import * as schemas from '../../schemas.js';
import { BODY_ERRORS, CHANGE_ERRORS } from '../failures.js';
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
    'PATCH /sightings/:id': {
      id: 'correctSighting',
      summary: 'Say who a sighting shows',
      description:
        'The crop is enrolled as an example of the person, and becomes a negative of the person that the sighting had before.',
      path: sightingPath,
      body: { 'application/json': schemas.sightingPatch },
      reply: json(schemas.sighting),
      errors: [
        ...BODY_ERRORS,
        ...CHANGE_ERRORS,
        'sighting_not_found',
        'bad_name',
        'no_face',
        'face_too_small',
        'too_many_negatives',
        'consent_required',
        'worker_restarted',
        'deadline_exceeded',
      ],
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
