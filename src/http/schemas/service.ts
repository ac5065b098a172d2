import { z } from 'zod';
import { SCOPES } from '../../access/key.js';
import { CONSENT_POLICIES } from '../../people/consent.js';
import { THRESHOLD_ORIGINS } from '../../matching/thresholds/threshold-source.js';
import { deliveries } from './camera.js';
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
    current: z.strictObject({ ...searchRates.shape, source: z.enum(THRESHOLD_ORIGINS) }),
    settable: z.boolean().describe('Whether `POST /calibration` has an effect: the setting THRESHOLD is not set.'),
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

export const calibrationChoice = z
  .strictObject({
    threshold: z
      .number()
      .gt(0)
      .max(2)
      .nullish()
      .describe('Default: the recommended one for `far`. Null: the default threshold again.'),
    far: z.number().gt(0).max(0.5).optional().describe('The false-accept rate that it was chosen for.'),
  })
  .refine(({ threshold, far }) => threshold !== undefined || far !== undefined, 'give a threshold, a far, or both')
  .meta({ id: 'CalibrationChoice', examples: [{ threshold: 0.83, far: 0.01 }] });

export const appliedCalibration = z
  .strictObject({
    threshold: z.number(),
    far: z.number().nullable(),
    people: z.int().describe('Number of people enrolled at that time.'),
    appliedAt: z.iso.datetime(),
  })
  .meta({ id: 'AppliedCalibration' });

/** State of the server, and the sender of the request. */

export const health = z.strictObject({ status: z.literal('ok') }).meta({ id: 'Health' });

export const status = z
  .strictObject({
    version: z.string(),
    model,
    licences: z
      .strictObject({
        detector: z.string(),
        embedder: z.string(),
        liveness: z.string().nullable().describe('Null where liveness is not judged.'),
      })
      .describe('The licences of the weights of these networks.'),
    threshold: z.number(),
    thresholdSource: z
      .enum(THRESHOLD_ORIGINS)
      .describe('`set` by THRESHOLD, `auto` by the size of the gallery, `calibrated` and stored, or the `default`.'),
    strangersNamed: z
      .number()
      .min(0)
      .max(1)
      .nullable()
      .describe(
        'The share of strangers who get a name at the threshold, from the impostor table; overstated above some 10 %. Null without a table.',
      ),
    thresholdNote: z.string().nullable().describe('What an administrator should know about the threshold.'),
    people: z.int(),
    history: z
      .strictObject({
        days: z.number().describe('How long sightings are kept; 0: nothing is recorded.'),
        sightings: z.int().nullable().describe('How many there are; null while they cannot be read.'),
        since: z.iso.datetime().nullable().describe('When the oldest began.'),
        strangerDays: z.number().describe('How long those of strangers are kept.'),
        strangers: z.int().nullable().describe('How many strangers were seen; null while they cannot be read.'),
      })
      .describe('Who was seen: `HISTORY_DAYS`.'),
    liveness: z.boolean().describe('Whether faces are checked to be living people; `model.liveness` has the policy.'),
    consent: z.enum(CONSENT_POLICIES).describe('Whether new people are enrolled only with a consent.'),
    attributes: z.boolean().describe('Whether requests may ask for attributes; false with `ATTRIBUTES=off`.'),
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

const accessKey = z.strictObject({
  id: z.string().describe('Part of the key; not secret.'),
  name: z.string(),
  scope: z.enum(SCOPES),
  group: z.string().nullable().describe('The group of people that the key is limited to; null for all people.'),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().nullable().describe('Null for a key that never expires.'),
  revokedAt: z.iso.datetime().nullable(),
});

export const accessKeys = z
  .strictObject({
    keys: z.array(
      z
        .strictObject({
          ...accessKey.shape,
          lastUsedAt: z.iso.datetime().nullable().describe('At this server since its start; null if not used.'),
          current: z.boolean().describe('Whether this request was sent with this key, or with a login by it.'),
        })
        .meta({ id: 'AccessKey' }),
    ),
  })
  .meta({ id: 'AccessKeyList' });

export const createdKey = z
  .strictObject({ ...accessKey.shape, key: z.string().describe('The key itself. It is not shown again.') })
  .meta({ id: 'CreatedKey' });
export const revokedKey = accessKey.meta({ id: 'RevokedKey' });

export const integrations = z
  .strictObject({
    plugins: z.array(
      z.strictObject({ name: z.string().describe('`compreface`, `mqtt` or `tensorflow`.'), on: z.boolean() }),
    ),
    receivers: deliveries.shape.receivers,
  })
  .meta({ id: 'Integrations' });

export const endedSession = z.strictObject({ ended: z.boolean() }).meta({ id: 'EndedSession' });

/** Requests. */
export const newKeyBody = z
  .strictObject({
    name: z.string().trim().min(1).max(100).describe('Whose key it is.'),
    scope: z.enum(SCOPES),
    group: z.string().max(100).nullish().describe('Limits the key to the people of this group.'),
    expiresAt: z.iso.datetime({ offset: true }).nullish().describe('Missing or null: never.'),
  })
  .meta({
    id: 'NewAccessKey',
    examples: [{ name: 'Tablet at the door', scope: 'recognise', expiresAt: '2027-01-31T00:00:00Z' }],
  });
export const keyPath = z.object({ id: z.string().describe('The id of the key.') });

export const loginBody = z
  .strictObject({ key: z.string().max(200) })
  .meta({ id: 'Login', examples: [{ key: 'rostro_1f0c96ab_…' }] });
