import type { Scope } from '../access/key.js';

/** Who may send a request: holders of a key with this scope or a larger one, or anyone. */
export type Access = Scope | 'public';

/**
 * Every route of the core and who may use it: method and path, as Express takes it. Routes that are neither here nor in the
 * table of a plugin are not served. The pages and the files that they load are public; their data comes through these routes.
 */
const TABLE = {
  'GET /healthz': 'public',
  'GET /readyz': 'public',
  'GET /openapi.json': 'public',
  'GET /session': 'public',
  'POST /session': 'public',
  'DELETE /session': 'public',
  'GET /keys': 'admin',
  'POST /keys': 'admin',
  'DELETE /keys/:id': 'admin',
  'GET /integrations': 'admin',
  'GET /status': 'recognise',
  'GET /metrics': 'recognise',
  'GET /calibration': 'recognise',
  'POST /calibration': 'admin',
  'GET /health': 'admin',
  'GET /model': 'admin',
  'POST /model': 'admin',
  'DELETE /model': 'admin',
  'GET /settings': 'admin',
  'PATCH /settings': 'admin',
  'POST /recognize': 'recognise',
  'POST /detect': 'recognise',
  'POST /verify': 'recognise',
  'POST /challenges': 'recognise',
  'GET /challenges/keys': 'public',
  'POST /challenges/verify': 'recognise',
  'GET /challenges/:id': 'recognise',
  'POST /challenges/:id/frames': 'recognise',
  'POST /upload': 'enrol',
  'POST /import': 'admin',
  'POST /import/:id/start': 'admin',
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
  'POST /cameras': 'admin',
  'POST /cameras/test': 'admin',
  'PATCH /cameras/:id': 'admin',
  'DELETE /cameras/:id': 'admin',
  'GET /cameras/:id/settings': 'admin',
  'POST /cameras/:id/test': 'admin',
  'GET /cameras/:id/snapshot': 'enrol',
  'GET /cameras/:id/tracks/:track/crop': 'enrol',
  'GET /events': 'enrol',
  'GET /deliveries': 'enrol',
  'POST /deliveries/:id/retry': 'admin',
  'GET /sightings': 'admin',
  'DELETE /sightings': 'admin',
  'GET /sightings/:id': 'admin',
  'PATCH /sightings/:id': 'admin',
  'DELETE /sightings/:id': 'admin',
  'GET /sightings/:id/crop': 'admin',
  'GET /attendance': 'enrol',
  'POST /attendance': 'enrol',
  'GET /attendance/:id': 'enrol',
  'PATCH /attendance/:id': 'enrol',
  'DELETE /attendance/:id': 'enrol',
  'PATCH /attendance/:id/people/:name': 'enrol',
  'POST /attendance/:id/pictures': 'enrol',
  'GET /attendance/:id/csv': 'enrol',
  'GET /attendance/:id/xlsx': 'enrol',
  'GET /strangers': 'admin',
  'GET /strangers/:id': 'admin',
  'PATCH /strangers/:id': 'admin',
  'DELETE /strangers/:id': 'admin',
  'POST /strangers/:id/split': 'admin',
  'GET /groups': 'enrol',
  'POST /people/merge': 'admin',
  'POST /people/export': 'admin',
  'GET /people/:name': 'enrol',
  'GET /people/:name/export': 'admin',
  'GET /people/:name/examples': 'enrol',
  'GET /people/:name/examples/:example/crop': 'enrol',
  'GET /people/:name/negatives': 'enrol',
  'POST /people/:name/negatives': 'enrol',
  'DELETE /people/:name/negatives/:negative': 'admin',
  'GET /people/:name/negatives/:negative/crop': 'enrol',
  'PATCH /people/:name': 'admin',
  'DELETE /people/:name': 'admin',
  'PATCH /people/:name/examples/:example': 'admin',
  'DELETE /people/:name/examples/:example': 'enrol',
} as const satisfies Readonly<Record<string, Access>>;

export type Route = keyof typeof TABLE;
export type AccessTable = Readonly<Record<string, Access>>;
export const ACCESS: AccessTable = TABLE;

/** The routes of the core and of the plugins. A plugin cannot change the access of a core route. */
export function accessTable(plugins: readonly { readonly access: AccessTable }[]): AccessTable {
  return Object.fromEntries([...plugins.flatMap(({ access }) => Object.entries(access)), ...Object.entries(ACCESS)]);
}

const WITHIN_GROUP: ReadonlySet<string> = new Set([
  'GET /status',
  'POST /recognize',
  'POST /detect',
  'POST /verify',
  'POST /challenges',
  'POST /challenges/verify',
  'GET /challenges/:id',
  'POST /challenges/:id/frames',
]);

/**
 * Whether a key that belongs to a group may use a route: one that is limited to the people of the group, or shows nobody.
 * Every route of a plugin is, see `HttpPlugin.access`.
 */
export function allowsGroupKeys(route: string): boolean {
  return WITHIN_GROUP.has(route) || !Object.hasOwn(TABLE, route);
}

/** They show no people, or only those that a camera shows just now, and pages ask for them every second. */
const STATUSES: ReadonlySet<string> = new Set([
  'GET /cameras',
  'GET /cameras/:id',
  'GET /deliveries',
  'GET /groups',
  'GET /import/:id',
  'GET /integrations',
  'GET /keys',
  'GET /model',
  'GET /settings',
]);

/** Whether a route shows names or faces, for the audit log. An export is recorded as a change. */
export function isPersonalRead(route: string, access: Access): boolean {
  if (!route.startsWith('GET ') || access === 'public' || access === 'recognise') return false;
  return !STATUSES.has(route) && !route.endsWith('/export');
}

/** Public, but its reply shows whether a key is right. */
export const KEY_CHECK = 'GET /session';

/** The scope of `GET /events`, checked again while its stream is open. */
export const EVENTS_SCOPE: Scope = 'enrol';

/** The scope of the WebSocket `/live`, which Express does not route: that of `POST /recognize`. */
export const LIVE_SCOPE: Scope = 'recognise';
