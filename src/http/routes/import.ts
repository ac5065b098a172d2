import { Router } from 'express';
import { RostroError } from '../../shared/errors.js';
import { reportCsv } from '../../transfer/import/report.js';
import type { Services } from '../services.js';
import { sniffImage } from '../../faces/image/sniff.js';
import { fieldOf, jsonBody, parseRequest } from '../parse.js';
import type { RequestLimits } from '../photos.js';
import { receiveFiles } from '../received-files.js';
import { choicesBody, importFields, photoQuery, reportQuery } from '../schemas.js';

/** In one request. Clients send larger folders in several requests, or as an archive. */
const MAX_FILES = 10_000;
const MAX_CHOICES_BYTES = 4 * 1024 * 1024;

/** `POST /import` (a ZIP archive, or files with their paths), its progress, report and face choices. */
export function importRoutes(services: () => Services, { maxImportBytes: maxBytes }: RequestLimits): Router {
  return Router()
    .post('/import', async (request, response) => {
      const { imports } = services();
      if (!request.is('multipart/*')) {
        throw new RostroError('no_file', 'Send a ZIP archive, or photos, as multipart files.');
      }
      const folder = await imports.newFolder();
      try {
        const received = await receiveFiles(request, response, folder, { maxBytes, maxFiles: MAX_FILES });
        const { by } = parseRequest(importFields, { by: fieldOf(request, 'by') }, 'form');
        const job = await imports.begin(folder, received, by);
        response.status(202).location(`/import/${job.id}`).json(job);
      } catch (error) {
        await imports.discard(folder);
        throw error;
      }
    })
    .get('/import/:id', (request, response) => {
      response.json(services().imports.status(request.params.id));
    })
    .get('/import/:id/report', (request, response) => {
      const { format } = parseRequest(reportQuery, request.query, 'query');
      const lines = services().imports.lines(request.params.id);
      if (format === 'json') response.json({ lines });
      else response.attachment('import.csv').type('csv').send(reportCsv(lines));
    })
    .get('/import/:id/photo', async (request, response) => {
      const { file } = parseRequest(photoQuery, request.query, 'query');
      const bytes = await services().imports.photo(request.params.id, file);
      response.type(sniffImage(bytes) ?? 'application/octet-stream').send(Buffer.from(bytes));
    })
    .post('/import/:id/choices', jsonBody(MAX_CHOICES_BYTES, Infinity), (request, response) => {
      const { choices } = parseRequest(choicesBody, request.body, 'body');
      const faces = new Map(choices.map(({ file, face }) => [file, face]));
      response.status(202).json(services().imports.chooseFaces(request.params.id, faces));
    })
    .delete('/import/:id', async (request, response) => {
      response.json(await services().imports.forget(request.params.id));
    });
}
