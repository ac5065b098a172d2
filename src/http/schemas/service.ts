import { z } from 'zod';
import { SCOPES } from '../../access/key.js';
import { model } from './recognition.js';

/** Which threshold suits the gallery, and what happens at others. */

const share = z.number().min(0).max(1).nullable().describe('Share of searches; null where there was none.');
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
    recommended: searchRates.nullable().describe('Null where there is nothing to tell it from.'),
    current: z.strictObject({ ...searchRates.shape, source: z.enum(['set', 'calibrated', 'default']) }),
    farAtMost: z
      .number()
      .describe('Upper end of the 95 % interval of the false-accept rate at the recommended threshold.'),
    searchesNeeded: z.int().describe('As many searches of strangers would be needed to tell the wanted rate.'),
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
