import { Router } from 'express';
import { openApiDocument } from '../openapi/document.js';

/** `GET /openapi.json`: what every route takes and gives. Made when it is asked for first. */
export function openApiRoute(version: string): Router {
  let document: string | undefined;
  return Router().get('/openapi.json', (_request, response) => {
    document ??= JSON.stringify(openApiDocument(version));
    response.type('json').send(document);
  });
}
