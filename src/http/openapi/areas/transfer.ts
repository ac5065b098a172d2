import { z } from 'zod';
import * as schemas from '../../schemas.js';
import { BODY_ERRORS } from '../failures.js';
import { bytes, file, json, type Area } from '../operation.js';

const { importPath } = schemas;

/** Imports and backups. */
export const BULK: Area = {
  name: 'Import and export',
  description: 'Enrol many photos at once; back up the gallery as one archive.',
  operations: {
    'POST /import': {
      id: 'startImport',
      summary: 'Enrol many photos',
      description:
        'A ZIP archive, or files with their paths as names. Folders or files name the people, or a CSV file at the top level does. With `plan=true` nothing is enrolled: the reply shows who would be, and `POST /import/:id/start` begins. A plan of paths alone is made from JSON.',
      query: schemas.importQuery,
      body: {
        'multipart/form-data': z.object({ file: z.array(bytes), ...schemas.importFields.shape }),
        'application/json': schemas.pathsBody,
      },
      reply: [json(schemas.importJob, 202), json(schemas.importPlan)],
      errors: [
        'no_file',
        'bad_request',
        'too_many_files',
        'upload_too_large',
        'bad_archive',
        'bad_list',
        'encoding_unknown',
        'not_ready',
        'busy',
        'storage_failed',
      ],
    },
    'POST /import/:id/start': {
      id: 'startPlannedImport',
      summary: 'Start an import that was planned',
      description:
        'With `by`, names come from other parts of the paths; with `plan=true`, only the plan is shown again.',
      path: importPath,
      query: schemas.importQuery,
      body: { 'application/json': schemas.startBody },
      reply: [json(schemas.importJob, 202), json(schemas.importPlan)],
      errors: [...BODY_ERRORS, 'import_not_found', 'no_file', 'bad_archive', 'bad_list', 'not_ready'],
    },
    'GET /import/:id': {
      id: 'getImport',
      summary: 'Progress of an import',
      path: importPath,
      reply: json(schemas.importJob),
      errors: ['import_not_found', 'not_ready'],
    },
    'GET /import/:id/report': {
      id: 'getImportReport',
      summary: 'Outcome of each photo',
      description: 'With `format=csv` as a table.',
      path: importPath,
      query: schemas.reportQuery,
      reply: { content: { 'application/json': schemas.importReport, 'text/csv': z.string() } },
      errors: ['import_not_found', 'bad_request', 'not_ready'],
    },
    'GET /import/:id/photo': {
      id: 'getImportPhoto',
      summary: 'A photo with several faces, to choose one',
      path: importPath,
      query: schemas.photoQuery,
      reply: file('image/*'),
      errors: ['import_not_found', 'no_file', 'bad_request', 'not_ready'],
    },
    'POST /import/:id/choices': {
      id: 'chooseFaces',
      summary: 'Choose the faces on photos with several',
      description: 'These photos are processed again.',
      path: importPath,
      body: { 'application/json': schemas.choicesBody },
      reply: json(schemas.importJob, 202),
      errors: [...BODY_ERRORS, 'import_not_found', 'not_ready'],
    },
    'DELETE /import/:id': {
      id: 'stopImport',
      summary: 'Stop an import and delete its data',
      description: 'People who were enrolled stay enrolled.',
      path: importPath,
      reply: json(schemas.importJob),
      errors: ['import_not_found', 'not_ready'],
    },
    'GET /export': {
      id: 'exportEverybody',
      summary: 'Back up the gallery as one archive',
      description: '`rostro restore` reads it.',
      reply: file('application/zip'),
      errors: ['storage_failed', 'not_ready'],
    },
    'POST /export': {
      id: 'exportSealed',
      summary: 'Back up the gallery, encrypted with a passphrase',
      body: { 'application/json': schemas.exportBody },
      reply: file('application/zip'),
      errors: [...BODY_ERRORS, 'storage_failed', 'not_ready'],
    },
  },
};
