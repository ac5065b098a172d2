import { z } from 'zod';
import { SCOPES } from '../../access/key.js';
import { model } from './recognition.js';

/** Calibration. */

const share = z.number().min(0).max(1).nullable().describe('Share of searches; null without searches.');
const searchRates = z
  .strictObject({ threshold: z.number(), far: share, frr: share, misnamed: share })
  .meta({ id: 'SearchRates' });

export const calibration = z
  .strictObject({
    people: z.int(),
    examples: z.int(),
    genuineSearches: z.int(),
    impostorSearches: z.int(),
    impostorPeople: z.int(),
    searchedPeople: z.int(),
    strangersFrom: z.enum(['given', 'left-out people']),
    wantedFar: z.number(),
    recommended: searchRates.nullable().describe('Null without enough searches.'),
    current: z.strictObject({ ...searchRates.shape, source: z.enum(['set', 'calibrated', 'default']) }),
    farAtMost: z
      .number()
      .describe('Upper end of the 95 % interval of the false-accept rate at the recommended threshold.'),
    searchesNeeded: z.int().describe('Number of impostor searches needed to measure the wanted rate.'),
    table: z.array(searchRates),
    histogram: z.strictObject({
      edges: z.array(z.number()),
      genuine: z.array(z.int()),
      impostor: z.array(z.int()),
    }),
    warnings: z.array(
      z.enum(['no_searches', 'few_searches', 'few_people', 'few_genuine', 'stand_ins', 'many_rejected']),
    ),
  })
  .meta({ id: 'Calibration' });

/** Requests. */
export const calibrationQuery = z.object({
  far: z.coerce.number().gt(0).max(0.5).optional().describe('Wanted false-accept rate.'),
});

/** State of the server, and the sender of the request. */

export const health = z.strictObject({ status: z.literal('ok') }).meta({ id: 'Health' });

export const status = z
  .strictObject({
    version: z.string(),
    model,
    threshold: z.number(),
    people: z.int(),
    liveness: z.literal(false).describe('Whether printed photos are detected; they are not.'),
  })
  .meta({ id: 'Status' });

export const readiness = z
  .strictObject({
    status: z.literal('ready'),
    model: model.optional().describe('For requests with a valid key, or on a server without keys.'),
    people: z.int().optional(),
  })
  .meta({ id: 'Readiness' });

export const session = z
  .strictObject({
    keyNeeded: z.boolean().describe('False on a server without keys.'),
    loggedIn: z.boolean(),
    scope: z.enum(SCOPES).nullable().describe('The scope of this request; null without access.'),
    group: z.string().nullable().describe('The group that the key is limited to.'),
    keyName: z.string().nullable(),
    csrfToken: z.string().nullable().describe('Send it as x-csrf-token with every change.'),
  })
  .meta({ id: 'Session' });

export const endedSession = z.strictObject({ ended: z.boolean() }).meta({ id: 'EndedSession' });

/** Requests. */
export const loginBody = z
  .strictObject({ key: z.string().max(200) })
  .meta({ id: 'Login', examples: [{ key: 'rostro_1f0c96ab_…' }] });
