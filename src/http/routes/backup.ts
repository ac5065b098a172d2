import { pipeline } from 'node:stream/promises';
import express, { Router, type Response } from 'express';
import { zipOf } from '../../shared/archive/zip.js';
import type { Services } from '../services.js';
import { parseRequest } from '../parse.js';
import { exportBody } from '../schemas.js';
import { unlessClientLeft } from './export.js';

/** `GET /export`: everybody who is enrolled, as one archive; `POST /export` seals it with a passphrase. */
export function backupRoutes(services: () => Services): Router {
  const send = async (response: Response, passphrase?: string): Promise<void> => {
    const { files } = await services().backups.begin(passphrase);
    const day = new Date().toISOString().slice(0, 10);
    response.attachment(`rostro-${day}.zip`).type('zip').set('Cache-Control', 'no-store');
    await pipeline(zipOf(files), response).catch(unlessClientLeft);
  };
  return Router()
    .get('/export', (_request, response) => send(response))
    .post('/export', express.json({ limit: '16kb' }), (request, response) =>
      send(response, parseRequest(exportBody, request.body, 'body').passphrase),
    );
}
