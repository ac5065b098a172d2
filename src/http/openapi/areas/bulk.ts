import { z } from 'zod';
import * as schemas from '../../schemas.js';
import { BODY_ERRORS } from '../failures.js';
import { bytes, file, json, type Area } from '../operation.js';

const { importPath } = schemas;

/** Many photos at once, and everybody in one archive. */
export const BULK: Area = {
  name: 'Import and export',
  description: 'Many photos at once, and everybody who is enrolled in one archive.',
  operations: {
    'POST /import': {
      id: 'startImport',
      summary: 'Enrol many photos',
      description:
        'A ZIP archive, or files with their paths as names. Folders are the people, or a CSV file at the top says who they are.',
      body: { 'multipart/form-data': z.object({ file: z.array(bytes), ...schemas.importFields.shape }) },
      reply: json(schemas.importJob, 202),
      errors: [
        'no_file',
        'bad_request',
        'too_many_files',
        'upload_too_large',
        'bad_archive',
        'bad_list',
        'not_ready',
        'busy',
        'storage_failed',
      ],
    },
    'GET /import/:id': {
      id: 'getImport',
      summary: 'How an import gets on',
      path: importPath,
      reply: json(schemas.importJob),
      errors: ['import_not_found', 'not_ready'],
    },
    'GET /import/:id/report': {
      id: 'getImportReport',
      summary: 'What became of each photo',
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
      summary: 'Say which face is meant on photos with several',
      description: 'They are looked at again then.',
      path: importPath,
      body: { 'application/json': schemas.choicesBody },
      reply: json(schemas.importJob, 202),
      errors: [...BODY_ERRORS, 'import_not_found', 'not_ready'],
    },
    'DELETE /import/:id': {
      id: 'stopImport',
      summary: 'Stop an import and forget it',
      description: 'Who was enrolled stays.',
      path: importPath,
      reply: json(schemas.importJob),
      errors: ['import_not_found', 'not_ready'],
    },
    'GET /export': {
      id: 'exportEverybody',
      summary: 'Everybody who is enrolled, as one archive',
      description: '`rostro restore` reads it.',
      reply: file('application/zip'),
      errors: ['storage_failed', 'not_ready'],
    },
    'POST /export': {
      id: 'exportSealed',
      summary: 'Everybody who is enrolled, sealed with a passphrase',
      body: { 'application/json': schemas.exportBody },
      reply: file('application/zip'),
      errors: [...BODY_ERRORS, 'storage_failed', 'not_ready'],
    },
  },
};
