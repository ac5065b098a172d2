import { pipeline } from 'node:stream/promises';
import express, { type Response, Router } from 'express';
import type { ExportedFile } from '../../privacy/person-export.js';
import { zipOf } from '../../shared/archive/zip.js';
import { jsonBody, parseRequest } from '../parse.js';
import { exportBody, exportedPeople } from '../schemas.js';
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

/** Everything stored about one person (`GET /people/:name/export`) or several (`POST /people/export`), as a ZIP file. */
export function exportRoutes(services: () => Services): Router {
  return Router()
    .get('/people/:name/export', async (request, response) => {
      const { name, files } = await services().exports.of(request.params.name);
      response.attachment(`${name}.zip`).type('zip');
      await pipeline(zipOf(files), response).catch(ignoreClientGone);
    })
    .post('/people/export', jsonBody(MAX_NAMES_BYTES, Infinity), async (request, response) => {
      const { names } = parseRequest(exportedPeople, request.body, 'body');
      const { people, exports } = services();
      const enrolled = [...new Set(names.map((name) => people.get(name).name))];
      response.attachment(`rostro-people-${new Date().toISOString().slice(0, 10)}.zip`).type('zip');
      await pipeline(zipOf(filesOfAll(exports, enrolled)), response).catch(ignoreClientGone);
    });
}

/** 1,000 names of 100 characters of up to 4 bytes. */
const MAX_NAMES_BYTES = 512 * 1024;

/** A folder for each person. */
async function* filesOfAll(exports: Services['exports'], names: readonly string[]): AsyncGenerator<ExportedFile> {
  for (const name of names) {
    const { files } = await exports.of(name);
    for await (const { path, bytes } of files) yield { path: `${name}/${path}`, bytes };
  }
}

export function ignoreClientGone(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
}
