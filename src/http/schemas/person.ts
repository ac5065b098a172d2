import { liveness } from '../../events/event.js';
import { z } from 'zod';
import { CONSENT_BASES } from '../../gallery/gallery.js';
import { PEOPLE_ORDERS } from '../../people/people.js';
import { ENROLMENT_WARNINGS } from '../../people/quality-gate.js';
import { ENROLMENT_EXAMPLE, NEGATIVES_EXAMPLE, PERSON_EXAMPLE } from './examples.js';
import { confidence, face, problem, quality, rotated } from './common.js';

const json: z.ZodType<z.core.util.JSONType> = z
  .lazy(() => z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(json), z.record(z.string(), json)]))
  .meta({ id: 'Json', description: 'Any JSON value.' });

export const metadata = z
  .record(z.string(), json)
  .meta({ id: 'Metadata', description: 'A JSON object of your own, up to 16 KB.', examples: [{ floor: 3 }] });

export const groups = z.array(z.string());

/** A consent as it is stored. */
const consent = z
  .strictObject({
    basis: z.enum(CONSENT_BASES).describe('Why the face of the person may be processed: GDPR, articles 6 and 9.'),
    date: z.iso.date().describe('When it was given.'),
    note: z.string().nullable().describe('Such as where the signed form lies.'),
  })
  .meta({ id: 'Consent', examples: [{ basis: 'consent', date: '2026-09-01', note: 'Form in folder 12' }] });

/** In requests; `parsePersonDetails` validates it. */
export const givenConsent = z
  .union([
    z.enum(CONSENT_BASES),
    z.strictObject({
      basis: z.enum(CONSENT_BASES),
      date: z.string().optional().describe('Default: today.'),
      note: z.string().nullable().optional().describe('Up to 500 characters.'),
    }),
  ])
  .meta({ id: 'GivenConsent', description: 'A basis alone, or with a date and a note.' });

export const givenExpiry = z
  .string()
  .describe('The last day of the person, such as 2027-12-31; they are erased afterwards.');

/** Requests. */

export const personPath = z.object({ name: z.string().describe('The name of the person.') });
export const examplePath = z.object({
  ...personPath.shape,
  example: z.string().describe('The id of an example, from GET /people/{name}.'),
});

export const negativePath = z.object({
  ...personPath.shape,
  negative: z.string().describe('The id of a negative, from GET /people/{name}/negatives.'),
});

export const peopleQuery = z.object({
  search: z.string().max(100).optional().describe('Part of a name.'),
  group: z.string().max(200).optional().describe('Only people of this group.'),
  id: z.string().max(200).optional().describe('The person with this id.'),
  initial: z
    .string()
    .max(8)
    .optional()
    .describe('Only names that begin with this letter, ignoring case and accents; `#`: with anything but a letter.'),
  sort: z
    .enum(PEOPLE_ORDERS)
    .default('name')
    .describe('`name`: A to Z; `newest`: last enrolled first; `photos`: most examples first.'),
  page: z.coerce.number().int().min(1).default(1),
  size: z.coerce.number().int().min(1).max(500).default(50).describe('People per page.'),
});

/** Missing properties stay unchanged. `parsePersonDetails` validates the values. */
export const personChange = z
  .strictObject({
    name: z.string().optional(),
    id: z.string().nullable().optional().describe('1 to 128 characters, unique; null for none.'),
    metadata: metadata.optional(),
    groups: groups.optional().describe('All of them: up to 64, of 1 to 64 characters each.'),
    consent: givenConsent.nullable().optional().describe('Null for none.'),
    expires: givenExpiry.nullable().optional(),
    cover: z
      .string()
      .nullable()
      .optional()
      .describe('Id of the example whose crop stands for the person; null: the best.'),
  })
  .refine((change) => Object.keys(change).length > 0, 'give a name, an id, metadata, groups, consent, expires or cover')
  .meta({ id: 'PersonChange', examples: [{ groups: ['staff', 'night'], metadata: { floor: 3 } }] });

export const exampleMove = z
  .strictObject({ person: z.string().describe('The name of the enrolled person who gets the example.') })
  .meta({ id: 'ExampleMove', examples: [{ person: 'Grace Hopper' }] });

export const mergeBody = z
  .strictObject({
    from: z.string().describe('The person to merge; removed afterwards.'),
    into: z.string().describe('The person who gets the examples of both.'),
  })
  .meta({ id: 'Merge', examples: [{ from: 'A. King', into: 'Ada Lovelace' }] });

export const exportedPeople = z
  .strictObject({ names: z.array(z.string()).min(1).max(1000).describe('The people to export.') })
  .meta({ id: 'PeopleToExport', examples: [{ names: ['Ada Lovelace', 'Grace Hopper'] }] });

/** Replies: enrolled photos. */

const warning = z
  .strictObject({ code: z.enum(ENROLMENT_WARNINGS), message: z.string() })
  .meta({ id: 'EnrolmentWarning' });

const enrolled = z
  .strictObject({
    file: z.string().nullable().describe('The name of the file that was sent.'),
    name: z.string(),
    outcome: z
      .enum(['enrolled', 'already_there'])
      .describe('`already_there`: the person has this photo, and no example was added.'),
    example: z.string(),
    ...face,
    live: liveness.nullable().describe('Null where liveness is not judged.'),
    crop: z.string().describe('Path of the kept crop, relative to the data folder.'),
    embedding: z.string().describe("Path of the person's embeddings, relative to the data folder."),
    quality,
    rotated,
    warnings: z.array(warning).describe('What to check about the photo or the name.'),
  })
  .meta({ id: 'EnrolledPhoto' });

const rejected = z.strictObject({ file: z.string().nullable(), error: problem }).meta({ id: 'RejectedPhoto' });

export const upload = z
  .strictObject({ enrolled: z.array(enrolled), rejected: z.array(rejected) })
  .meta({ id: 'Enrolment', examples: [ENROLMENT_EXAMPLE] });

/** Replies: people. */

const ownId = z.string().nullable().describe('Your own id for the person, unique; null for none.');
const time = z.iso.datetime();

const summary = z
  .strictObject({ name: z.string(), id: ownId, groups, examples: z.int(), addedAt: time.nullable() })
  .meta({ id: 'PersonSummary' });

const listed = z
  .strictObject({
    ...summary.shape,
    thumbnail: z.string().nullable().describe('URL of a kept crop, from the root of the server.'),
  })
  .meta({ id: 'ListedPerson' });

export const people = z
  .strictObject({
    people: z.array(listed),
    total: z.int(),
    page: z.int(),
    size: z.int(),
    initials: z
      .array(z.string())
      .describe('The first letters of all people who match the other filters, sorted; `#` for other characters.'),
  })
  .meta({ id: 'PeoplePage' });

const groupSize = z.strictObject({ name: z.string(), people: z.int() }).meta({ id: 'GroupSize' });
export const groupList = z.strictObject({ groups: z.array(groupSize) }).meta({ id: 'GroupList' });

const example = z
  .strictObject({
    id: z.string(),
    addedAt: time.nullable(),
    confidence: confidence.nullable(),
    quality: quality.nullable().describe('Null for examples older than the measurement.'),
    groups: groups.nullable().describe('The groups that use it; null for all groups of the person.'),
    wrongMatches: z.int().describe('Number of negatives whose face was nearest to this example.'),
    crop: z.string().nullable().describe('URL of the kept crop, from the root of the server.'),
  })
  .meta({ id: 'Example' });

export const person = z
  .strictObject({
    name: z.string(),
    id: ownId,
    metadata,
    groups,
    examples: z.array(example),
    consent: consent.nullable().describe('Null where none is recorded.'),
    expires: z.iso.date().nullable().describe('The last day of the person; they are erased afterwards. Null: no end.'),
    cover: z.string().nullable().describe('Id of the example whose crop stands for the person in lists.'),
    negatives: z.int().describe('Number of negatives: faces that are not of the person.'),
  })
  .meta({ id: 'Person', examples: [PERSON_EXAMPLE] });

const negative = z
  .strictObject({
    id: z.string(),
    addedAt: time,
    confidence,
    quality: quality.nullable(),
    nearest: z.string().nullable().describe('The example of the person that was nearest when the negative was added.'),
    active: z
      .boolean()
      .describe('False after a change of the embedder, until the embedding is computed from the crop.'),
    crop: z.string().nullable().describe('URL of the kept crop, from the root of the server.'),
  })
  .meta({ id: 'Negative', description: 'A face that is not of the person, although it got their name.' });

export const negatives = z
  .strictObject({ name: z.string(), negatives: z.array(negative) })
  .meta({ id: 'Negatives', examples: [NEGATIVES_EXAMPLE] });

export const corrected = z
  .strictObject({
    name: z.string(),
    outcome: z
      .enum(['added', 'already_there'])
      .describe('`already_there`: the person has this negative, and nothing was added.'),
    negative,
  })
  .meta({ id: 'Correction' });

const receipt = z
  .strictObject({
    id: z.string().describe('The id of the erasure in the audit log.'),
    erasedAt: time,
    person: z.string(),
    examples: z.array(z.string()).describe('Ids of the erased examples.'),
    crops: z.int().describe('Number of erased crops, of examples and negatives.'),
    files: z.array(z.string()).describe('Erased files, relative to the data folder.'),
    remaining: z.array(z.string()).describe('Files that could not be erased; the next change erases them.'),
    sightings: z.int().describe('Number of erased sightings of the history.'),
    attendance: z.int().describe('Number of erased rows in lists of attendance.'),
    classifier: z
      .enum(['retraining', 'discarded', 'none'])
      .describe('What happens to a classifier that was trained on these examples.'),
    elsewhere: z.array(z.string()).describe('Other files that contain a person of this name, from other photos.'),
    audit: z
      .strictObject({ line: z.int(), hash: z.string() })
      .nullable()
      .describe('The line of the audit log about the erasure, and its hash; null without an audit log.'),
  })
  .meta({
    id: 'Receipt',
    description: 'What was erased. It contains the name of the person; the server does not keep it.',
  });

export const deletedPerson = z.strictObject({ deleted: summary, receipt }).meta({ id: 'ErasedPerson' });
export const deletedExample = z
  .strictObject({ deleted: z.strictObject({ name: z.string(), example: z.string() }), receipt })
  .meta({ id: 'ErasedExample' });
export const deletedNegative = z
  .strictObject({ deleted: z.strictObject({ name: z.string(), negative: z.string() }), receipt })
  .meta({ id: 'ErasedNegative' });
