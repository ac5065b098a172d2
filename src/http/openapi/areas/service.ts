import { z } from 'zod';
import * as schemas from '../../schemas.js';
import { BODY_ERRORS } from '../failures.js';
import { json, type Area } from '../operation.js';

/** The server itself: logging in, how it is, what it measures. */
export const SERVICE: Area = {
  name: 'Service',
  description: 'The server itself: logging in, how it is, what it measures.',
  operations: {
    'GET /session': {
      id: 'getSession',
      summary: 'Who is logged in in this browser',
      description: 'And the token that its changes need.',
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
      summary: 'Which threshold suits this gallery',
      description: 'And what happens at others: rates a search, not a pair.',
      query: schemas.calibrationQuery,
      reply: json(schemas.calibration),
      errors: ['bad_request', 'embeddings_in_database', 'not_ready'],
    },
    'GET /status': {
      id: 'getStatus',
      summary: 'What runs, for people',
      reply: json(schemas.status),
      errors: ['not_ready'],
    },
    'GET /healthz': { id: 'isAlive', summary: 'The process answers', reply: json(schemas.health) },
    'GET /readyz': {
      id: 'isReady',
      summary: 'The server can do all that it is for',
      description:
        'The networks have run, faces can be embedded, photos may wait, the gallery can be written; else `details.reason` says what is wrong.',
      reply: json(schemas.readiness),
      errors: ['not_ready'],
    },
    'GET /metrics': {
      id: 'getMetrics',
      summary: 'The figures of this server, for Prometheus',
      reply: { content: { 'text/plain': z.string() } },
    },
    'GET /openapi.json': {
      id: 'getOpenApi',
      summary: 'This document',
      reply: json(z.record(z.string(), z.unknown())),
    },
  },
};
