import * as schemas from '../../schemas.js';
import { BODY_ERRORS, CHANGE_ERRORS } from '../failures.js';
import { file, json, type Area } from '../operation.js';

const { sightingPath, strangerPath } = schemas;
const READ_ERRORS = ['storage_failed', 'database_unreachable', 'not_ready'] as const;

/** Who was seen, and strangers. */
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
      query: schemas.cropQuery,
      reply: file('image/jpeg', 'image/webp'),
      errors: ['bad_request', 'sighting_not_found', ...READ_ERRORS],
    },
    'GET /strangers': {
      id: 'listStrangers',
      summary: 'Unknown faces, each once, in pages',
      query: schemas.strangersQuery,
      reply: json(schemas.strangers),
      errors: ['bad_request', ...READ_ERRORS],
    },
    'GET /strangers/:id': {
      id: 'getStranger',
      summary: 'One stranger, and the most similar others',
      path: strangerPath,
      reply: json(schemas.strangerDetails),
      errors: ['stranger_not_found', ...READ_ERRORS],
    },
    'PATCH /strangers/:id': {
      id: 'nameStranger',
      summary: 'Say who a stranger is',
      description:
        'With `person`, all sightings get the name, and the best crops are enrolled. With `sameAs`, all sightings go to the other stranger.',
      path: strangerPath,
      body: { 'application/json': schemas.strangerPatch },
      reply: json(schemas.namedStranger),
      errors: [
        ...BODY_ERRORS,
        ...CHANGE_ERRORS,
        'stranger_not_found',
        'sighting_not_found',
        'bad_name',
        'no_face',
        'face_too_small',
        'worker_restarted',
        'deadline_exceeded',
      ],
    },
    'DELETE /strangers/:id': {
      id: 'eraseStranger',
      summary: 'Erase all sightings of a stranger, or hide what is not a face',
      path: strangerPath,
      query: schemas.strangerToErase,
      reply: json(schemas.deletedStranger),
      errors: ['bad_request', 'stranger_not_found', ...CHANGE_ERRORS],
    },
    'POST /strangers/:id/split': {
      id: 'splitStranger',
      summary: 'Make one sighting a stranger of its own',
      path: strangerPath,
      body: { 'application/json': schemas.strangerSplit },
      reply: json(schemas.stranger, 201),
      errors: [...BODY_ERRORS, ...CHANGE_ERRORS, 'stranger_not_found', 'sighting_not_found'],
    },
  },
};
