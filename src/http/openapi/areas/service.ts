import { z } from 'zod';
import * as schemas from '../../schemas.js';
import { BODY_ERRORS } from '../failures.js';
import { json, type Area } from '../operation.js';

/** Login, state and metrics of the server. */
export const SERVICE: Area = {
  name: 'Service',
  description: 'Login, state and metrics of the server.',
  operations: {
    'GET /session': {
      id: 'getSession',
      summary: 'The login of this browser',
      description: 'With the token that changes need.',
      reply: json(schemas.session),
    },
    'POST /session': {
      id: 'logIn',
      summary: 'Log a browser in with a key',
      body: { 'application/json': schemas.loginBody },
      reply: json(schemas.session, 201),
      errors: [...BODY_ERRORS, 'unauthorised', 'too_many_requests'],
    },
    'DELETE /session': {
      id: 'logOut',
      summary: 'Log the browser out',
      reply: json(schemas.endedSession),
      errors: ['bad_csrf_token'],
    },
    'GET /calibration': {
      id: 'calibrate',
      summary: 'The recommended threshold for this gallery',
      description: 'With the error rates at other thresholds, per search, not per pair.',
      query: schemas.calibrationQuery,
      reply: json(schemas.calibration),
      errors: ['bad_request', 'embeddings_in_database', 'not_ready'],
    },
    'POST /calibration': {
      id: 'applyThreshold',
      summary: 'Use another threshold from now on',
      description: 'Stored as `rostro calibrate --apply` stores it. Not possible while the setting THRESHOLD is set.',
      body: { 'application/json': schemas.calibrationChoice },
      reply: json(schemas.appliedCalibration),
      errors: [
        ...BODY_ERRORS,
        'threshold_set',
        'too_few_examples',
        'embeddings_in_database',
        'storage_failed',
        'not_ready',
      ],
    },
    'GET /status': {
      id: 'getStatus',
      summary: 'Version, models and number of people',
      reply: json(schemas.status),
      errors: ['not_ready'],
    },
    'GET /healthz': { id: 'isAlive', summary: 'The process answers', reply: json(schemas.health) },
    'GET /readyz': {
      id: 'isReady',
      summary: 'The server is ready',
      description: 'Networks, queue and gallery work. Otherwise `details.reason` says what does not.',
      reply: json(schemas.readiness),
      errors: ['not_ready'],
    },
    'GET /metrics': {
      id: 'getMetrics',
      summary: 'Metrics for Prometheus',
      reply: { content: { 'text/plain': z.string() } },
    },
    'GET /openapi.json': {
      id: 'getOpenApi',
      summary: 'This document',
      reply: json(z.record(z.string(), z.unknown())),
    },
  },
};
