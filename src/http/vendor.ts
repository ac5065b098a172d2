import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import express, { Router } from 'express';

const { resolve } = createRequire(import.meta.url);
const bootstrapDist = join(dirname(resolve('bootstrap')), '..');
const jqueryModules = join(dirname(resolve('jquery')), '..', 'dist-module');
/** What `scripts/build.js` makes, seen from src/ and from dist/. */
const built = (folder: string) => fileURLToPath(new URL(`../../dist/${folder}/`, import.meta.url));

/** Bootstrap and jQuery as they lie in their npm packages, Scalar, and the client that the pages call the server with: all work offline. */
export function vendorRoutes(): Router {
  return Router()
    .use('/vendor/bootstrap', express.static(bootstrapDist, { maxAge: '1d' }))
    .use('/vendor/jquery', express.static(jqueryModules, { maxAge: '1d' }))
    .use('/vendor/scalar', express.static(built('vendor/scalar'), { maxAge: '1d' }))
    .use('/client', express.static(built('client')));
}
