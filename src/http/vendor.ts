import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import express, { Router } from 'express';

const { resolve } = createRequire(import.meta.url);
const bootstrapDist = join(dirname(resolve('bootstrap')), '..');
const jqueryModules = join(dirname(resolve('jquery')), '..', 'dist-module');
/** Where `scripts/build.js` has put it: from here, and from where this file is compiled to. */
const scalar = fileURLToPath(new URL('../../dist/vendor/scalar', import.meta.url));

/** Bootstrap and jQuery as they lie in their npm packages, and Scalar, so that the pages work offline. */
export function vendorRoutes(): Router {
  return Router()
    .use('/vendor/bootstrap', express.static(bootstrapDist, { maxAge: '1d' }))
    .use('/vendor/jquery', express.static(jqueryModules, { maxAge: '1d' }))
    .use('/vendor/scalar', express.static(scalar, { maxAge: '1d' }));
}
