import { z } from 'zod';
import { liveness } from '../../events/event.js';
import { SIGHTING_ID, SIGHTING_SOURCES, STRANGER_ID } from '../../history/sighting.js';
import { STRANGER_KEY } from '../../history/strangers.js';
import { distance } from './common.js';
import { givenConsent } from './person.js';

/** History: who was seen, and strangers. */

const time = z.iso.datetime();
const share = z.number().min(0).max(1);

export const sighting = z
  .strictObject({
    id: z.string().describe('Sorts by the time of the first look.'),
    source: z.enum(SIGHTING_SOURCES).describe('A camera of the server, or a live session of a browser or program.'),
    camera: z.string().nullable().describe('Id of the camera; null for a live session.'),
    person: z.string().nullable().describe("The person's name today; null for a stranger."),
    personId: z.string().nullable().describe("The person's own id."),
    strangerId: z
      .string()
      .nullable()
      .describe('Equal in all sightings of one stranger; null for a person, and until the face was compared.'),
    first: time.describe('When the face was first seen.'),
    last: time.describe('When it was last seen. Updated at the end of the visit.'),
    looks: z.int().describe('How many times the face was embedded.'),
    quality: share.nullable().describe('Quality score of the best look.'),
    distance: distance
      .nullable()
      .describe('The smallest distance to the person; of a stranger, to the nearest person.'),
    threshold: z.number(),
    falseMatchRate: share
      .nullable()
      .describe('The share of strangers who would come this near; null where it is not known.'),
    live: liveness.nullable().describe('Null where liveness is not judged.'),
    crop: z.string().nullable().describe('URL of the crop of the best look, from the root of the server.'),
  })
  .meta({ id: 'Sighting' });

export const sightings = z
  .strictObject({
    sightings: z.array(sighting).describe('The newest first.'),
    next: z.string().nullable().describe('Send it as `before` for the next page; null on the last one.'),
  })
  .meta({ id: 'SightingPage' });

export const stranger = z
  .strictObject({
    id: z.string(),
    sightings: z.int().min(1).describe('How often the stranger was seen.'),
    first: time.describe('When the stranger was first seen, as far as it is kept.'),
    last: time.describe('When the stranger was last seen.'),
    suggested: z.boolean().describe('Seen three times or more: worth a name.'),
    cameras: z.array(z.string()).describe('Ids of the cameras that saw the stranger.'),
    crops: z.array(z.string()).describe('URLs of the best crops, from the root of the server, the best first.'),
  })
  .meta({ id: 'Stranger' });

export const strangers = z
  .strictObject({
    strangers: z.array(stranger).describe('Those seen often come first, then the last seen.'),
    next: z.string().nullable().describe('Send it as `after` for the next page; null on the last one.'),
    total: z.int().describe('How many strangers there are.'),
  })
  .meta({ id: 'StrangerPage' });

export const strangerDetails = stranger
  .extend({ similar: z.array(stranger).describe('The most similar other strangers, at most 6, the nearest first.') })
  .meta({ id: 'StrangerDetails' });

export const namedStranger = z
  .strictObject({
    stranger: stranger.nullable().describe('The stranger with whom this one is the same now; null after a name.'),
    person: z.string().nullable().describe('The person who the stranger is now.'),
    personId: z.string().nullable(),
    sightings: z.int().describe('How many sightings changed.'),
    enrolled: z.int().describe('How many of their crops were enrolled.'),
  })
  .meta({ id: 'NamedStranger' });

export const deletedStranger = z
  .strictObject({ deleted: z.string(), sightings: z.int().describe('How many sightings were erased or hidden.') })
  .meta({ id: 'DeletedStranger' });

export const erasedSightings = z
  .strictObject({ deleted: z.int().describe('How many sightings were erased.') })
  .meta({ id: 'ErasedSightings' });
export const deletedSighting = z.strictObject({ deleted: z.string() }).meta({ id: 'DeletedSighting' });

/** Requests. */
const flag = z.stringbool({ truthy: ['true'], falsy: ['false'], case: 'sensitive' });
const moment = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

const filter = {
  person: z.string().min(1).max(200).optional().describe('Only of the person with this name.'),
  stranger: flag.optional().describe('`true`: only strangers; `false`: only enrolled people.'),
  strangerId: z.string().regex(STRANGER_ID).optional().describe('Only of the stranger with this id.'),
  source: z.enum(SIGHTING_SOURCES).optional(),
  camera: z.string().min(1).max(50).optional().describe('Only of the camera with this id.'),
  from: moment.optional().describe('First seen at this time or later, ISO 8601.'),
  to: moment.optional().describe('First seen before this time.'),
  minQuality: z.coerce.number().min(0).max(1).optional().describe('Least quality score of the best look.'),
};

export const sightingsQuery = z
  .object({
    ...filter,
    limit: z.coerce.number().int().min(1).max(200).default(50).describe('Sightings per page.'),
    before: z.string().regex(SIGHTING_ID).optional().describe('`next` of the page before.'),
  })
  .refine(isForward, { path: ['to'], message: 'must be after "from"' });

export const sightingPatch = z
  .strictObject({
    person: z
      .string()
      .max(1000)
      .nullable()
      .describe('Who it is: the name of a person, who is enrolled with the crop. Null: a stranger.'),
    consent: givenConsent.optional().describe('Of the person; needed for new people with `CONSENT=required`.'),
  })
  .meta({ id: 'SightingPatch', examples: [{ person: 'Ada Lovelace' }] });

/** Strict: a filter with a typing error would erase more than was meant. */
export const sightingsToErase = z
  .strictObject({
    ...filter,
    all: z.literal('true').optional().describe('Needed to erase without any filter.'),
  })
  .refine(isForward, { path: ['to'], message: 'must be after "from"' })
  .refine(({ all, ...filters }) => (all === undefined) !== (Object.keys(filters).length === 0), {
    message: 'give at least one filter, or all=true alone',
  });

function isForward({ from, to }: { readonly from?: Date | undefined; readonly to?: Date | undefined }): boolean {
  return from === undefined || to === undefined || from < to;
}

export const strangersQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50).describe('Strangers per page.'),
  after: z.string().regex(STRANGER_KEY).optional().describe('`next` of the page before.'),
});

export const strangerPatch = z
  .union([
    z.strictObject({
      person: z.string().max(1000).describe('Name of a new or enrolled person, who is enrolled with the best crops.'),
      consent: givenConsent.optional().describe('Of the person; needed for new people with `CONSENT=required`.'),
    }),
    z.strictObject({ sameAs: z.string().regex(STRANGER_ID).describe('Id of another stranger.') }),
  ])
  .meta({ id: 'StrangerPatch', examples: [{ person: 'Ada Lovelace' }] });

export const strangerToErase = z.strictObject({
  notAFace: flag
    .optional()
    .describe('`true`: hides the sightings and later ones like them, instead of erasing them. Crops are erased.'),
});

export const strangerSplit = z
  .strictObject({ sighting: z.string().regex(SIGHTING_ID).describe('Id of the sighting that shows somebody else.') })
  .meta({ id: 'StrangerSplit' });

export const strangerPath = z.object({ id: z.string().describe('The id of the stranger.') });
export const sightingPath = z.object({ id: z.string().describe('The id of the sighting.') });
