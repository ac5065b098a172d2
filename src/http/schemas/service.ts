import { z } from 'zod';
import { SCOPES } from '../../access/scope.js';
import { model } from './recognition.js';

/** What is said of the server itself, and of who asks. */

export const health = z.strictObject({ status: z.literal('ok') }).meta({ id: 'Health' });

export const status = z
  .strictObject({
    version: z.string(),
    model,
    threshold: z.number(),
    people: z.int(),
    liveness: z.literal(false).describe('Whether a printed photo is told from a person; it is not.'),
  })
  .meta({ id: 'Status' });

export const readiness = z
  .strictObject({
    status: z.literal('ready'),
    model: model.optional().describe('For requests with a good key, or where none is needed.'),
    people: z.int().optional(),
  })
  .meta({ id: 'Readiness' });

export const session = z
  .strictObject({
    keyNeeded: z.boolean().describe('False on a server without keys, which asks nobody.'),
    loggedIn: z.boolean(),
    scope: z.enum(SCOPES).nullable().describe('What the sender of this request may do; null for nothing.'),
    group: z.string().nullable().describe('The group that the key belongs to, beyond which it does not reach.'),
    keyName: z.string().nullable(),
    csrfToken: z.string().nullable().describe('To be sent as x-csrf-token with every change of this login.'),
  })
  .meta({ id: 'Session' });

export const endedSession = z.strictObject({ ended: z.boolean() }).meta({ id: 'EndedSession' });

/** Requests. */
export const loginBody = z
  .strictObject({ key: z.string().max(200) })
  .meta({ id: 'Login', examples: [{ key: 'rostro_1f0c96ab_…' }] });
