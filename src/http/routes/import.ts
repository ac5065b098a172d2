import { Router } from 'express';
import { RostroError } from '../../shared/errors.js';
import { isUserFile, relativePath } from '../../transfer/import/photo-sources.js';
import { planFromPaths, summaryOf } from '../../transfer/import/plan.js';
import { reportCsv } from '../../transfer/import/report.js';
import type { Services } from '../services.js';
import { sniffImage } from '../../faces/image/sniff.js';
import { parsePersonDetails } from '../../people/person-details.js';
import { consentOf, fieldsOf, jsonBody, parseRequest } from '../parse.js';
import type { RequestLimits } from '../photos.js';
import { publicPathOf } from '../public-path.js';
import { receiveFiles } from '../received-files.js';
import { choicesBody, importFields, importQuery, pathsBody, photoQuery, reportQuery, startBody } from '../schemas.js';

/** In one request. Clients send larger folders in several requests, or as an archive. */
const MAX_FILES = 10_000;
const MAX_CHOICES_BYTES = 4 * 1024 * 1024;

const MAX_PATHS_BYTES = 32 * 1024 * 1024;

/** `POST /import` (a ZIP archive, or files with their paths), its plan, progress, report and face choices. */
export function importRoutes(services: () => Services, { maxImportBytes: maxBytes }: RequestLimits): Router {
  return Router()
    .post('/import', jsonBody(MAX_PATHS_BYTES, Infinity), async (request, response) => {
      const { imports } = services();
      const query = parseRequest(importQuery, request.query, 'query');
      if (query.plan === 'true' && request.is('application/json')) {
        const { paths, by } = parseRequest(pathsBody, request.body, 'body');
        response.json({ id: null, ...summaryOf(planFromPaths(paths.map(relativePath).filter(isUserFile), by)) });
        return;
      }
      if (!request.is('multipart/*')) {
        throw new RostroError('no_file', 'Send a ZIP archive, or photos, as multipart files.');
      }
      const folder = await imports.newFolder();
      try {
        const received = await receiveFiles(request, response, folder, { maxBytes, maxFiles: MAX_FILES });
        const { by, encoding } = fieldsOf(request, importFields.pick({ by: true, encoding: true }));
        const naming = { by, encoding, details: parsePersonDetails(consentOf(request)) };
        if (fieldsOf(request, importQuery).plan === 'true') {
          response.json(await imports.plan(folder, received, naming));
          return;
        }
        const job = await imports.begin(folder, received, naming);
        response
          .status(202)
          .location(`${publicPathOf(request)}/import/${job.id}`)
          .json(job);
      } catch (error) {
        await imports.discard(folder);
        throw error;
      }
    })
    .post('/import/:id/start', jsonBody(MAX_CHOICES_BYTES), async (request, response) => {
      const { plan } = parseRequest(importQuery, request.query, 'query');
      const { by, consent } = parseRequest(startBody, request.body, 'body');
      const { id } = request.params;
      const { imports } = services();
      const details = consent && parsePersonDetails({ consent });
      const planned = plan === 'true' || by || consent ? await imports.replan(id, { by, details }) : null;
      if (plan === 'true') response.json(planned);
      else response.status(202).json(imports.start(id));
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
