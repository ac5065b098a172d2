import { z } from 'zod';
import { JOB_STATES } from '../../transfer/import/import-job.js';
import { IMPORT_OUTCOMES } from '../../transfer/import/report.js';
import { ENROLMENT_WARNINGS } from '../../people/quality-gate.js';
import { box, confidence, errorCode } from './common.js';
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
    message: z.string().nullable(),
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

/** Requests. */
export const importPath = z.object({ id: z.string().describe('The id of the import, from POST /import.') });
export const importFields = z.object({
  by: z.enum(['folder', 'file']).default('folder').describe('Takes names of people from folders or from files.'),
});
export const reportQuery = z.object({ format: z.enum(['json', 'csv']).default('json') });
export const photoQuery = z.object({ file: z.string().describe('The name in the report.') });
export const choicesBody = z
  .strictObject({ choices: z.array(z.strictObject({ file: z.string(), face: faceParameter })).min(1) })
  .meta({ id: 'FaceChoices', examples: [{ choices: [{ file: 'Ada Lovelace/party.jpg', face: 1 }] }] });
export const exportBody = z.strictObject({ passphrase: z.string().max(1000) }).meta({ id: 'SealedExport' });
