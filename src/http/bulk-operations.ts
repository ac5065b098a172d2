import { z } from 'zod';
import * as schemas from './bulk-schemas.js';
import type { Operation } from './openapi.js';

/** What `openapi.ts` says of the routes for many photos at once. */
export const BULK_OPERATIONS: Readonly<Record<string, Operation>> = {
  'post /import': {
    summary:
      'Enrol many photos: a ZIP archive, or files with their paths as names. Folders are the people, or a CSV file at the top says who they are.',
    body: {
      'multipart/form-data': {
        schema: {
          type: 'object',
          properties: {
            file: { type: 'array', items: { type: 'string', format: 'binary' } },
            by: { enum: ['folder', 'file'], description: 'What a photo’s person is called after.' },
          },
        },
      },
    },
    reply: { status: 202, schema: schemas.importJob },
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
  'get /import/{id}': {
    summary: 'How an import gets on.',
    reply: { schema: schemas.importJob },
    errors: ['import_not_found', 'not_ready'],
  },
  'get /import/{id}/report': {
    summary: 'What became of each photo; with format=csv as a table.',
    query: { format: { enum: ['json', 'csv'] } },
    reply: { schema: schemas.importReport },
    errors: ['import_not_found', 'bad_request', 'not_ready'],
  },
  'get /import/{id}/photo': {
    summary: 'A photo with several faces, to choose one.',
    query: { file: { type: 'string' } },
    reply: 'jpeg',
    errors: ['import_not_found', 'no_file', 'bad_request', 'not_ready'],
  },
  'post /import/{id}/choices': {
    summary: 'Say which face is meant on photos with several, and look at them again.',
    body: { 'application/json': { schema: z.toJSONSchema(schemas.choicesBody, { io: 'input' }) } },
    reply: { status: 202, schema: schemas.importJob },
    errors: ['import_not_found', 'bad_request', 'not_ready'],
  },
  'delete /import/{id}': {
    summary: 'Stop an import and forget it; who was enrolled stays.',
    reply: { schema: schemas.importJob },
    errors: ['import_not_found', 'not_ready'],
  },
  'get /export': {
    summary: 'Everybody who is enrolled, as one archive for "rostro restore".',
    reply: 'zip',
    errors: ['storage_failed', 'not_ready'],
  },
  'post /export': {
    summary: 'The same, sealed with a passphrase.',
    body: { 'application/json': { schema: z.toJSONSchema(schemas.exportBody) } },
    reply: 'zip',
    errors: ['bad_request', 'storage_failed', 'not_ready'],
  },
};
