import { z } from 'zod';
import { JOB_STATES } from '../../transfer/import/import-job.js';
import { NAMED_BY } from '../../transfer/import/names-from-paths.js';
import { IMPORT_OUTCOMES } from '../../transfer/import/report.js';
import { ENCODINGS, parseEncoding } from '../../shared/text-encoding.js';
import { ENROLMENT_WARNINGS } from '../../people/quality-gate.js';
import { box, confidence, errorCode } from './common.js';
import { givenConsent, givenExpiry } from './person.js';
import { faceParameter } from './recognition.js';

/** Imports and backups. */

const importLine = z
  .strictObject({
    file: z.string().nullable().describe('Null for a line about a person.'),
    line: z.int().nullable().describe('Line of the CSV list; null without a list.'),
    person: z.string().nullable(),
    outcome: z.enum(IMPORT_OUTCOMES),
    example: z.string().nullable(),
    code: errorCode.nullable().describe('Why the photo was refused.'),
    message: z.string().nullable().describe('Why it was refused, or the names similar to that of a new person.'),
    faces: z
      .array(z.strictObject({ index: z.int(), box, confidence }))
      .describe('The faces of a photo with several; choose one.'),
    warnings: z.array(z.enum(ENROLMENT_WARNINGS)),
  })
  .meta({ id: 'ImportLine' });

export const importReport = z.strictObject({ lines: z.array(importLine) }).meta({ id: 'ImportReport' });

export const importJob = z
  .strictObject({
    id: z.string(),
    state: z.enum(JOB_STATES),
    photos: z.int(),
    done: z.int(),
    counts: z.strictObject({
      enrolled: z.int(),
      alreadyThere: z.int(),
      refused: z.int(),
      reasons: z.partialRecord(errorCode, z.int()),
    }),
    photosPerSecond: z.number().nullable(),
    secondsLeft: z.number().nullable(),
    createdAt: z.iso.datetime(),
    endedAt: z.iso.datetime().nullable(),
    error: z
      .strictObject({ code: z.string(), message: z.string() })
      .nullable()
      .describe('The error of a failed import.'),
  })
  .meta({ id: 'ImportJob' });

export const importPlan = z
  .strictObject({
    id: z.string().nullable().describe('To start it; null where only paths were sent.'),
    namedBy: z.array(z.enum(['list', 'folder', 'file'])).describe('What names the people.'),
    people: z.array(z.strictObject({ name: z.string(), photos: z.array(z.string()).describe('Paths of the photos.') })),
    refused: z.array(importLine).describe('Files that would not be enrolled, whatever they show.'),
  })
  .meta({ id: 'ImportPlan' });

/** Requests. */
const by = z
  .enum(NAMED_BY)
  .describe(
    'Where the names of people come from: `folder` is the innermost that may be a name, `top-folder` the first that photos do not have in common.',
  );
export const importQuery = z.object({
  plan: z.enum(['true', 'false']).default('false').describe('`true`: only show what would be imported.'),
});
export const pathsBody = z
  .strictObject({ paths: z.array(z.string().max(4096)).min(1), by: by.default('auto') })
  .meta({ id: 'ImportPaths', examples: [{ paths: ['staff/Amy.jpg', 'staff/Raj.jpg'] }] });
export const startBody = z
  .strictObject({
    by: by.optional(),
    consent: givenConsent.optional().describe('Of all people whom the list gives none.'),
  })
  .meta({ id: 'ImportStart', examples: [{ by: 'folder' }] });
export const importPath = z.object({ id: z.string().describe('The id of the import, from POST /import.') });
const encoding = z
  .string()
  .transform((text, context) => {
    const found = parseEncoding(text);
    if (found === null) context.addIssue(`the encoding is one of ${ENCODINGS.join(', ')}`);
    return found ?? undefined;
  })
  .optional()
  .describe(`Of names that are not UTF-8: ${ENCODINGS.join(', ')}. Also as a query parameter.`);
export const importFields = z.object({
  by: by.default('auto'),
  encoding,
  consent: givenConsent.optional().describe('Of all people whom the list gives none; a basis, or JSON.'),
  expires: givenExpiry.optional().describe('Of all people whom the list gives none.'),
});
export const reportQuery = z.object({ format: z.enum(['json', 'csv']).default('json') });
export const photoQuery = z.object({ file: z.string().describe('The name in the report.') });
export const choicesBody = z
  .strictObject({ choices: z.array(z.strictObject({ file: z.string(), face: faceParameter })).min(1) })
  .meta({ id: 'FaceChoices', examples: [{ choices: [{ file: 'Ada Lovelace/party.jpg', face: 1 }] }] });
export const exportBody = z.strictObject({ passphrase: z.string().max(1000) }).meta({ id: 'SealedExport' });
