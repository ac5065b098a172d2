import { pipeline } from 'node:stream/promises';
import express, { type Response, Router } from 'express';
import { zipOf } from '../../shared/archive/zip.js';
import { parseRequest } from '../parse.js';
import { exportBody } from '../schemas.js';
import type { Services } from '../services.js';

/** `GET /export`: a backup of the gallery; `POST /export`: the same, encrypted with a passphrase. */
export function backupRoutes(services: () => Services): Router {
  const send = async (response: Response, passphrase?: string): Promise<void> => {
    const { files } = await services().backups.begin(passphrase);
    const day = new Date().toISOString().slice(0, 10);
    response.attachment(`rostro-${day}.zip`).type('zip');
    await pipeline(zipOf(files), response).catch(ignoreClientGone);
  };
  return Router()
    .get('/export', (_request, response) => send(response))
    .post('/export', express.json({ limit: '16kb' }), (request, response) =>
      send(response, parseRequest(exportBody, request.body, 'body').passphrase),
    );
}

/** `GET /people/:name/export`: everything stored about one person, as a ZIP file. */
export function exportRoute(services: () => Services): Router {
  return Router().get('/people/:name/export', async (request, response) => {
    const { name, files } = await services().exports.of(request.params.name);
    response.attachment(`${name}.zip`).type('zip');
    await pipeline(zipOf(files), response).catch(ignoreClientGone);
  });
}

export function ignoreClientGone(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
}
