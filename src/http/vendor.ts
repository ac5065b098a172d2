import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import express, { Router } from 'express';

const { resolve } = createRequire(import.meta.url);
const bootstrapDist = join(dirname(resolve('bootstrap')), '..');
const jqueryModules = join(dirname(resolve('jquery')), '..', 'dist-module');

/** Bootstrap and jQuery as they lie in their npm packages, so that the page works offline. */
export function vendorRoutes(): Router {
  return Router()
    .use('/vendor/bootstrap', express.static(bootstrapDist, { maxAge: '1d' }))
    .use('/vendor/jquery', express.static(jqueryModules, { maxAge: '1d' }));
}
