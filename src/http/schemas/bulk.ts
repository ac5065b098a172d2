import { z } from 'zod';
import { JOB_STATES } from '../../transfer/import/import-job.js';
import { IMPORT_OUTCOMES } from '../../transfer/import/report.js';
import { QUALITY_WARNINGS } from '../../people/quality-gate.js';
import { box, confidence, errorCode } from './common.js';
import { faceParameter } from './recognition.js';

/** What is said about many photos at once. */

const importLine = z
  .strictObject({
    file: z.string().nullable().describe('Null for what is said of a person.'),
    line: z.int().nullable().describe('Of the list, where there is one.'),
    person: z.string().nullable(),
    outcome: z.enum(IMPORT_OUTCOMES),
    example: z.string().nullable(),
    code: errorCode.nullable().describe('Why it was refused.'),
    message: z.string().nullable(),
    faces: z
      .array(z.strictObject({ index: z.int(), box, confidence }))
      .describe('Of a photo with several: choose one.'),
    warnings: z.array(z.enum(QUALITY_WARNINGS)),
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
    error: z.strictObject({ code: z.string(), message: z.string() }).nullable().describe('Why it failed.'),
  })
  .meta({ id: 'ImportJob' });

/** Requests. */
export const importPath = z.object({ id: z.string().describe('The id of the import, as POST /import gave it.') });
export const importFields = z.object({
  by: z.enum(['folder', 'file']).default('folder').describe('What a photo’s person is called after.'),
});
export const reportQuery = z.object({ format: z.enum(['json', 'csv']).default('json') });
export const photoQuery = z.object({ file: z.string().describe('As the report names it.') });
export const choicesBody = z
  .strictObject({ choices: z.array(z.strictObject({ file: z.string(), face: faceParameter })).min(1) })
  .meta({ id: 'FaceChoices', examples: [{ choices: [{ file: 'Ada Lovelace/party.jpg', face: 1 }] }] });
export const exportBody = z.strictObject({ passphrase: z.string().max(1000) }).meta({ id: 'SealedExport' });
