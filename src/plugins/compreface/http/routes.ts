import { Router } from 'express';
import type { Services } from '../../../http/services.js';
import type { RequestLimits } from '../../../http/photos.js';
import { embeddingRoutes } from './embeddings.js';
import { faceRoutes } from './faces.js';
import { lookRoutes } from './looks.js';
import { subjectRoutes } from './subjects.js';

/** CompreFace's REST API, for its clients: a key's group is their application. */
export function compreFaceRoutes(services: () => Services, limits: RequestLimits): Router {
  return Router()
    .use(subjectRoutes(services))
    .use(faceRoutes(services, limits))
    .use(lookRoutes(services, limits))
    .use(embeddingRoutes(services));
}
