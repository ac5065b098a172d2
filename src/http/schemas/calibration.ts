import { z } from 'zod';

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
