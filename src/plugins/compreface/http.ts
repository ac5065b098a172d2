import { Router } from 'express';
import type { AccessTable } from '../../http/access-table.js';
import type { HttpPlugin } from '../../http/plugin.js';
import { embeddingRoutes, photoRoutes } from './analysis-routes.js';
import { exampleRoutes, subjectRoutes } from './collection-routes.js';
import type { EmptySubjects } from './empty-subjects.js';
import { sendCompreFaceError } from './errors.js';
import { COMPREFACE } from './openapi.js';
import { type CompreFaceServices, composeServices } from './services.js';

/** Routes that take embeddings need "enrol": with chosen vectors, distances give away the enrolled embeddings. */
const ACCESS: AccessTable = {
  'GET /api/v1/recognition/subjects': 'enrol',
  'POST /api/v1/recognition/subjects': 'enrol',
  'DELETE /api/v1/recognition/subjects': 'admin',
  'PUT /api/v1/recognition/subjects/:subject': 'admin',
  'DELETE /api/v1/recognition/subjects/:subject': 'admin',
  'GET /api/v1/recognition/faces': 'enrol',
  'POST /api/v1/recognition/faces': 'enrol',
  'DELETE /api/v1/recognition/faces': 'admin',
  'POST /api/v1/recognition/faces/delete': 'admin',
  'DELETE /api/v1/recognition/faces/:image': 'admin',
  'GET /api/v1/recognition/faces/:image/img': 'enrol',
  'GET /api/v1/static/:apiKey/images/:image': 'enrol',
  'POST /api/v1/recognition/faces/:image/verify': 'recognise',
  'POST /api/v1/recognition/recognize': 'recognise',
  'POST /api/v1/recognition/embeddings/recognize': 'enrol',
  'POST /api/v1/recognition/embeddings/faces/:image/verify': 'enrol',
  'POST /api/v1/detection/detect': 'recognise',
  'POST /api/v1/verification/verify': 'recognise',
  'POST /api/v1/verification/embeddings/verify': 'enrol',
};

/** CompreFace's REST API: the group of a key takes the place of CompreFace's application. */
export const COMPREFACE_API = {
  prefix: '/api/v1',
  access: ACCESS,
  area: COMPREFACE,
  sendError: sendCompreFaceError,
} satisfies Omit<HttpPlugin, 'routes'>;

export function compreFaceHttp(empty: EmptySubjects): HttpPlugin {
  return {
    ...COMPREFACE_API,
    routes(pluginServices, limits) {
      let composed: CompreFaceServices | undefined;
      const services = () => (composed ??= composeServices(pluginServices(), empty));
      return Router()
        .use(subjectRoutes(services))
        .use(exampleRoutes(services, limits))
        .use(photoRoutes(services, limits))
        .use(embeddingRoutes(services));
    },
  };
}
