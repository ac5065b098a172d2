import { pipeline } from 'node:stream/promises';
import { Router } from 'express';
import { zipOf } from '../../shared/archive/zip.js';
import type { Services } from '../services.js';

/** `GET /people/:name/export`: all that is held on one person, as a ZIP file. */
export function exportRoute(services: () => Services): Router {
  return Router().get('/people/:name/export', async (request, response) => {
    const { name, files } = await services().exports.of(request.params.name);
    response.attachment(`${name}.zip`).type('zip').set('Cache-Control', 'no-store');
    await pipeline(zipOf(files), response).catch(unlessClientLeft);
  });
}

export function unlessClientLeft(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
}
