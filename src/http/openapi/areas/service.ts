import { z } from 'zod';
import * as schemas from '../../schemas.js';
import { BODY_ERRORS } from '../failures.js';
import { json, type Area } from '../operation.js';

const KEY_ERRORS = ['storage_failed', 'bad_config', 'database_unreachable', 'not_ready'] as const;

/** Login, keys, state and metrics of the server. */
export const SERVICE: Area = {
  name: 'Service',
  description: 'Login, keys, state and metrics of the server.',
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
    'GET /keys': {
      id: 'listKeys',
      summary: 'All access keys, without their secrets',
      description: 'Revoked and expired keys too.',
      reply: json(schemas.accessKeys),
    },
    'POST /keys': {
      id: 'createKey',
      summary: 'Make an access key',
      description:
        'The reply has the key, which is not shown again. The first key must be an admin key without a group (`last_admin_key`): from then on every request needs a key.',
      body: { 'application/json': schemas.newKeyBody },
      reply: json(schemas.createdKey, 201),
      errors: [...BODY_ERRORS, 'bad_details', 'last_admin_key', ...KEY_ERRORS],
    },
    'DELETE /keys/:id': {
      id: 'revokeKey',
      summary: 'Revoke an access key',
      description:
        'Its logins end with it; its open connections end within a second. The last valid admin key without a group is not revoked (`last_admin_key`); `rostro keys revoke` does it.',
      path: schemas.keyPath,
      reply: json(schemas.revokedKey),
      errors: ['key_not_found', 'last_admin_key', ...KEY_ERRORS],
    },
    'GET /integrations': {
      id: 'getIntegrations',
      summary: 'Plugins, and the receivers of events',
      description: 'Addresses have no user name, password, path or query.',
      reply: json(schemas.integrations),
      errors: ['not_ready'],
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
