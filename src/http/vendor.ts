import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import express, { Router } from 'express';

const { resolve } = createRequire(import.meta.url);
const bootstrapDist = join(dirname(resolve('bootstrap')), '..');
const jqueryModules = join(dirname(resolve('jquery')), '..', 'dist-module');
/** Where it is built to, seen from src/ and from dist/. */
const clientDist = fileURLToPath(new URL('../../dist/client/', import.meta.url));

/** Bootstrap and jQuery as they lie in their npm packages, so that the page works offline, and the client that the page calls the server with. */
export function vendorRoutes(): Router {
  return Router()
    .use('/vendor/bootstrap', express.static(bootstrapDist, { maxAge: '1d' }))
    .use('/vendor/jquery', express.static(jqueryModules, { maxAge: '1d' }))
    .use('/client', express.static(clientDist));
}
