import type { Scope } from '../access/key.js';

/** Who may send a request: holders of a key of this scope or a larger one, or everybody. */
export type Access = Scope | 'public';

/**
 * Every route and who may use it: method and path, as Express takes it. What is not in here is not served. The pages and
 * what they load are public; all that they show comes through these routes.
 */
const TABLE = {
  'GET /healthz': 'public',
  'GET /readyz': 'public',
  'GET /openapi.json': 'public',
  'GET /session': 'public',
  'POST /session': 'public',
  'DELETE /session': 'public',
  'GET /status': 'recognise',
  'GET /metrics': 'recognise',
  'GET /calibration': 'recognise',
  'POST /recognize': 'recognise',
  'POST /detect': 'recognise',
  'POST /verify': 'recognise',
  'POST /upload': 'enrol',
  'POST /import': 'admin',
  'GET /import/:id': 'admin',
  'GET /import/:id/report': 'admin',
  'GET /import/:id/photo': 'admin',
  'POST /import/:id/choices': 'admin',
  'DELETE /import/:id': 'admin',
  'GET /export': 'admin',
  'POST /export': 'admin',
  'GET /people': 'enrol',
  'GET /cameras': 'enrol',
  'GET /cameras/:id': 'enrol',
  'GET /cameras/:id/snapshot': 'enrol',
  'GET /cameras/:id/tracks/:track/crop': 'enrol',
  'GET /events': 'enrol',
  'GET /deliveries': 'enrol',
  'POST /deliveries/:id/retry': 'admin',
  'GET /groups': 'enrol',
  'POST /people/merge': 'admin',
  'GET /people/:name': 'enrol',
  'GET /people/:name/export': 'admin',
  'GET /people/:name/examples': 'enrol',
  'GET /people/:name/examples/:example/crop': 'enrol',
  'PATCH /people/:name': 'admin',
  'DELETE /people/:name': 'admin',
  'DELETE /people/:name/examples/:example': 'admin',
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
  'POST /api/v1/recognition/embeddings/recognize': 'recognise',
  'POST /api/v1/recognition/embeddings/faces/:image/verify': 'recognise',
  'POST /api/v1/detection/detect': 'recognise',
  'POST /api/v1/verification/verify': 'recognise',
  'POST /api/v1/verification/embeddings/verify': 'recognise',
} as const satisfies Readonly<Record<string, Access>>;

export type Route = keyof typeof TABLE;
export const ACCESS: Readonly<Record<string, Access>> = TABLE;

const WITHIN_GROUP: ReadonlySet<string> = new Set(['GET /status', 'POST /recognize', 'POST /detect', 'POST /verify']);

/** Whether a key that belongs to a group may use a route: one that keeps to the people of the group, or tells of nobody. */
export function keepsToGroup(route: string): boolean {
  return WITHIN_GROUP.has(route) || route.includes(' /api/v1/');
}

/** `GET /events`, asked again while its stream is open: as in the table. */
export const EVENTS_SCOPE: Scope = 'enrol';

/** The WebSocket `/live`, which Express does not see: what `POST /recognize` needs. */
export const LIVE_SCOPE: Scope = 'recognise';
