import { z } from 'zod';
import type { ErrorCode } from '../errors.js';
import { cameraEventSchema, EVENT_TYPES } from '../events/event.js';
import { ACCESS, type Access } from './access-table.js';
import { BULK_OPERATIONS } from './bulk-operations.js';
import { COMPREFACE_OPERATIONS } from './compreface/operations.js';
import * as schemas from './schemas.js';
import { HTTP_STATUS } from './status.js';

export interface Operation {
  readonly summary: string;
  readonly reply: { readonly status?: number; readonly schema: z.ZodType } | keyof typeof FILES;
  readonly body?: object;
  readonly query?: Readonly<Record<string, object>>;
  readonly errors?: readonly ErrorCode[];
  /** Where failures are told in another shape than everywhere else: what each status means, and the shape. */
  readonly failures?: { readonly statuses: Readonly<Record<number, string>>; readonly schema: z.ZodType };
}

/** Replies that are no JSON. */
const FILES = {
  jpeg: 'image/jpeg',
  zip: 'application/zip',
  metrics: 'text/plain',
  events: 'text/event-stream',
} as const;

const binary = { type: 'string', format: 'binary' };
const text = { type: 'string' };
const threshold = { type: 'number', exclusiveMinimum: 0, maximum: 2 };
const session = {
  ...z.toJSONSchema(schemas.sessionParameter),
  description: 'Which camera the frame is of. Whoever knows it continues it, so make it hard to guess.',
};

const duplicates = {
  type: 'boolean',
  default: false,
  description: 'Whether several faces of the picture may have the same name. Else the nearest has it.',
};

const group = { ...text, description: 'Only people of this group can be named.' };
const details = { type: 'boolean', default: false, description: 'Whether groups and metadata come with a name.' };

const multipart = (properties: object) => ({
  'multipart/form-data': {
    schema: { type: 'object', properties: { file: { type: 'array', items: binary }, ...properties } },
  },
});
const photo = (fields: object) => ({
  ...multipart(fields),
  'image/*': { schema: binary },
  'application/json': {
    schema: {
      type: 'object',
      required: ['image'],
      properties: { image: { ...text, description: 'Data URL or base64.' }, ...fields },
    },
  },
});

const PHOTO_ERRORS: readonly ErrorCode[] = [
  'no_file',
  'bad_request',
  'too_many_files',
  'upload_too_large',
  'image_too_large',
  'not_an_image',
  'unsupported_image',
  'damaged_image',
  'not_ready',
  'busy',
  'worker_restarted',
  'deadline_exceeded',
];

const CHANGE_ERRORS: readonly ErrorCode[] = [
  'bad_request',
  'person_not_found',
  'bad_name',
  'storage_failed',
  'database_unreachable',
  'not_ready',
];

/** Of every route that needs a key, and of every change that a logged-in browser makes. */
const ACCESS_ERRORS: readonly ErrorCode[] = ['unauthorised', 'forbidden', 'bad_csrf_token', 'too_many_requests'];

const SECURITY_SCHEMES = {
  apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
  bearer: { type: 'http', scheme: 'bearer' },
  login: {
    type: 'apiKey',
    in: 'cookie',
    name: 'rostro_session',
    description: 'Of POST /session; __Host-rostro_session over HTTPS. Changes need its token as x-csrf-token too.',
  },
};

/** Every route: method and path -> what it takes and gives. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  'post /upload': {
    summary: 'Enrol photos, each under the name of its file or all under the field "name".',
    body: photo({
      name: text,
      id: { ...text, description: "The users' own id for the person." },
      group: { type: 'array', items: text, description: 'Groups that the person joins.' },
      metadata: { ...text, description: 'A JSON object that takes the place of the metadata of the person.' },
      face: { type: 'integer', minimum: 0, description: 'Which of several faces is meant.' },
    }),
    reply: { status: 201, schema: schemas.upload },
    errors: [
      ...PHOTO_ERRORS,
      'no_face',
      'several_faces',
      'face_too_small',
      'nothing_enrolled',
      'bad_name',
      'bad_details',
      'id_taken',
      'person_exists',
      'storage_failed',
      'database_unreachable',
    ],
  },
  'post /recognize': {
    summary: 'Name every face in a photo, or in a frame of a camera: then its faces are followed from frame to frame.',
    body: photo({ threshold, duplicates, group, details, session }),
    query: { threshold, duplicates, group, details, session },
    reply: { schema: z.union([schemas.recognition, schemas.liveRecognition]) },
    errors: [...PHOTO_ERRORS, 'bad_details'],
  },
  'post /detect': {
    summary: 'Find every face in a photo.',
    body: photo({}),
    reply: { schema: schemas.detection },
    errors: PHOTO_ERRORS,
  },
  'post /verify': {
    summary: 'Compare the largest faces of two photos.',
    body: multipart({ threshold }),
    query: { threshold },
    reply: { schema: schemas.verification },
    errors: [...PHOTO_ERRORS, 'no_face'],
  },
  ...BULK_OPERATIONS,
  'get /people': {
    summary: 'Who is enrolled, in pages.',
    query: {
      search: { ...text, description: 'Part of a name.' },
      group: { ...text, description: 'Only people of this group.' },
      id: { ...text, description: 'The person with this id.' },
      page: { type: 'integer', minimum: 1 },
      size: { type: 'integer', minimum: 1, maximum: 500 },
    },
    reply: { schema: schemas.people },
    errors: ['bad_request', 'not_ready'],
  },
  'get /people/{name}': {
    summary: 'One person and their examples.',
    reply: { schema: schemas.person },
    errors: ['person_not_found', 'bad_name', 'not_ready'],
  },
  'patch /people/{name}': {
    summary: 'Give a person another name, id, metadata or groups; what is not given stays.',
    body: { 'application/json': { schema: z.toJSONSchema(schemas.personChange) } },
    reply: { schema: schemas.person },
    errors: [...CHANGE_ERRORS, 'person_exists', 'bad_details', 'id_taken'],
  },
  'post /people/merge': {
    summary: 'Make two people one: the examples of "from" become those of "into", and "from" is gone.',
    body: { 'application/json': { schema: z.toJSONSchema(schemas.mergeBody) } },
    reply: { schema: schemas.person },
    errors: [...CHANGE_ERRORS, 'bad_details'],
  },
  'get /groups': {
    summary: 'Every group that somebody is in.',
    reply: { schema: schemas.groupList },
    errors: ['not_ready'],
  },
  'delete /people/{name}': {
    summary: 'Erase a person wherever something of them is kept; the receipt says what that was.',
    reply: { schema: schemas.deletedPerson },
    errors: ['person_not_found', 'bad_name', 'storage_failed', 'database_unreachable', 'not_ready'],
  },
  'get /people/{name}/export': {
    summary: 'All that is held on a person: crops, embeddings, descriptions, lines of the audit log.',
    reply: 'zip',
    errors: ['person_not_found', 'bad_name', 'storage_failed', 'database_unreachable', 'not_ready'],
  },
  'get /people/{name}/examples': {
    summary: "A person's examples.",
    reply: { schema: schemas.person },
    errors: ['person_not_found', 'bad_name', 'not_ready'],
  },
  'delete /people/{name}/examples/{example}': {
    summary: 'Erase one example; the last one takes the person with it.',
    reply: { schema: schemas.deletedExample },
    errors: [
      'person_not_found',
      'example_not_found',
      'bad_name',
      'storage_failed',
      'database_unreachable',
      'not_ready',
    ],
  },
  'get /people/{name}/examples/{example}/crop': {
    summary: 'The crop that was kept of an example.',
    reply: 'jpeg',
    errors: ['person_not_found', 'example_not_found', 'bad_name', 'not_ready'],
  },
  'get /cameras': { summary: "The server's own cameras.", reply: { schema: schemas.cameras }, errors: ['not_ready'] },
  'get /cameras/{id}': {
    summary: 'How a camera is, and who is before it.',
    reply: { schema: schemas.camera },
    errors: ['camera_not_found', 'not_ready'],
  },
  'get /cameras/{id}/snapshot': {
    summary: 'The newest frame of a camera; no other is kept.',
    reply: 'jpeg',
    errors: ['camera_not_found', 'camera_not_live', 'not_ready'],
  },
  'get /cameras/{id}/tracks/{track}/crop': {
    summary: 'The best sight of a face that is before the camera.',
    reply: 'jpeg',
    errors: ['camera_not_found', 'track_not_found', 'bad_request', 'not_ready'],
  },
  'get /events': {
    summary:
      'What the cameras tell, as Server-Sent Events; with the header Last-Event-ID what came after that one. The data is the CameraEvent.',
    query: {
      camera: text,
      type: { enum: EVENT_TYPES },
      replay: { type: 'integer', minimum: 0, maximum: 1000, description: 'So many of the last events come first.' },
    },
    reply: 'events',
    errors: ['bad_request', 'busy', 'not_ready'],
  },
  'get /deliveries': {
    summary: 'Who outside is told of events, and how that goes.',
    reply: { schema: schemas.deliveries },
    errors: ['not_ready'],
  },
  'post /deliveries/{id}/retry': {
    summary: 'Send events again that were given up.',
    reply: { schema: schemas.retried },
    errors: ['receiver_not_found', 'storage_failed', 'not_ready'],
  },
  'get /calibration': {
    summary: 'Which threshold suits this gallery, and what happens at others: rates a search, not a pair.',
    query: { far: { type: 'number', exclusiveMinimum: 0, maximum: 0.5, description: 'Wanted false-accept rate.' } },
    reply: { schema: schemas.calibration },
    errors: ['bad_request', 'embeddings_in_database', 'not_ready'],
  },
  ...COMPREFACE_OPERATIONS,
  'get /session': {
    summary: 'Who is logged in in this browser, and the token that its changes need.',
    reply: { schema: schemas.session },
  },
  'post /session': {
    summary: 'Log a browser in with a key.',
    body: { 'application/json': { schema: z.toJSONSchema(schemas.loginBody) } },
    reply: { status: 201, schema: schemas.session },
    errors: ['bad_request', 'unauthorised', 'too_many_requests'],
  },
  'delete /session': {
    summary: 'Log the browser out.',
    reply: { schema: schemas.endedSession },
    errors: ['bad_csrf_token'],
  },
  'get /healthz': { summary: 'The process answers.', reply: { schema: schemas.health } },
  'get /metrics': { summary: 'The figures of this server, for Prometheus.', reply: 'metrics' },
  'get /status': { summary: 'What runs, for people.', reply: { schema: schemas.status }, errors: ['not_ready'] },
  'get /readyz': {
    summary:
      'The networks have run, faces can be embedded, photos may wait, the gallery can be written; else details.reason says what is wrong.',
    reply: { schema: schemas.readiness },
    errors: ['not_ready'],
  },
};

/** The OpenAPI 3.1 document, made of the schemas that the tests hold real replies against. */
export function openApiDocument(version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const [key, operation] of Object.entries(OPERATIONS)) {
    const [method, path] = key.split(' ');
    const access = ACCESS[`${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`];
    (paths[path] ??= {})[method] = describeOperation(path, operation, access);
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Rostro', version, license: { name: 'MIT' } },
    paths,
    components: {
      securitySchemes: SECURITY_SCHEMES,
      schemas: { CameraEvent: z.toJSONSchema(cameraEventSchema) },
    },
  };
}

function describeOperation(
  path: string,
  { summary, body, query = {}, reply, errors = [], failures: others }: Operation,
  access: Access,
): object {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: text,
  }));
  const inQuery = Object.entries(query).map(([name, schema]) => ({ name, in: 'query', schema }));
  return {
    summary,
    ...secured(access),
    parameters: [...inPath, ...inQuery],
    ...(body && { requestBody: { content: body } }),
    responses: {
      ...success(reply),
      ...(others ? othersOf(others) : failures(access === 'public' ? errors : [...errors, ...ACCESS_ERRORS])),
    },
  };
}

function secured(access: Access): object {
  if (access === 'public') return { security: [] };
  const security = Object.keys(SECURITY_SCHEMES).map((scheme) => ({ [scheme]: [] }));
  return { security, description: `Needs a key of the scope "${access}" once the server has keys.` };
}

function success(reply: Operation['reply']): object {
  if (typeof reply === 'string') {
    return {
      200: {
        description: 'Done',
        content: { [FILES[reply]]: { schema: FILES[reply].startsWith('text/') ? text : binary } },
      },
    };
  }
  const schema = z.toJSONSchema(reply.schema);
  return { [reply.status ?? 200]: { description: 'Done', content: { 'application/json': { schema } } } };
}

function failures(codes: readonly ErrorCode[]): object {
  const statuses = [...new Set(codes.map((code) => HTTP_STATUS[code]))];
  const schema = z.toJSONSchema(schemas.failure);
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      {
        description: codes.filter((code) => HTTP_STATUS[code] === status).join(', '),
        content: { 'application/json': { schema } },
      },
    ]),
  );
}

function othersOf({ statuses, schema }: NonNullable<Operation['failures']>): object {
  const content = { 'application/json': { schema: z.toJSONSchema(schema) } };
  return Object.fromEntries(
    Object.entries(statuses).map(([status, description]) => [status, { description, content }]),
  );
}
