import { Router } from 'express';
import type { Services } from '../services.js';
import { parseRequest } from '../parse.js';
import { calibrationQuery } from '../schemas.js';

/** `GET /calibration?far=0.01`: which threshold suits this gallery, and the figures for a chart of it. */
export function calibrationRoute(services: () => Services): Router {
  return Router().get('/calibration', async (request, response) => {
    const { far } = parseRequest(calibrationQuery, request.query, 'query');
    response.json(await services().calibration.report(far));
  });
}
