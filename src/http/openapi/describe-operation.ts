import type { z } from 'zod';
import type { ErrorCode } from '../../shared/errors.js';
import { type Access, allowsGroupKeys } from '../access-table.js';
import type { Components } from './components.js';
import { commonErrors, OWN_FAILURES } from './failures.js';
import type { Area, Content, FailureStyle, Operation, Reply } from './operation.js';

export interface OperationParts {
  /** As in `access-table.ts`: `GET /people/:name`. */
  readonly route: string;
  readonly access: Access;
  readonly area: Area;
  readonly operation: Operation;
  readonly components: Components;
}

/** An Operation Object of OpenAPI. Source: https://spec.openapis.org/oas/v3.1.1.html#operation-object */
export function describeOperation({ route, access, area, operation, components }: OperationParts): object {
  const { id, summary, path, query, headers, body, errors = [] } = operation;
  const codes = [...new Set([...errors, ...commonErrors(route.split(' ')[0], access)])];
  return {
    operationId: id,
    tags: [area.name],
    summary,
    description: descriptionOf(operation, route, access),
    security: securityOf(access),
    parameters: [
      ...parametersOf('path', path, components),
      ...parametersOf('query', query, components),
      ...parametersOf('header', headers, components),
    ],
    ...(body && { requestBody: { required: true, content: contentOf(body, 'input', components) } }),
    responses: responsesOf([operation.reply].flat(), failuresOf(codes, area.failures ?? OWN_FAILURES), components),
  };
}

function descriptionOf({ description }: Operation, route: string, access: Access): string {
  const needed = accessNote(route, access);
  return description === undefined ? needed : `${description}\n\n${needed}`;
}

function accessNote(route: string, access: Access): string {
  if (access === 'public') return 'Needs no key.';
  const scope = `Needs a key of the scope \`${access}\` once the server has keys`;
  return allowsGroupKeys(route) ? `${scope}; a key of a group is enough.` : `${scope}, not limited to a group.`;
}

function parametersOf(place: 'path' | 'query' | 'header', given: z.ZodObject | undefined, components: Components) {
  return Object.entries((given?.shape ?? {}) as Record<string, z.ZodType>).map(([name, schema]) => {
    const { description, ...json } = components.schemaOf(schema, 'input');
    const isJson = '$ref' in json || json.type === 'object';
    return {
      name,
      in: place,
      required: !schema.safeParse(undefined).success,
      ...(description !== undefined && { description }),
      ...(isJson ? { content: { 'application/json': { schema: json } } } : { schema: json }),
    };
  });
}

function contentOf(content: Content, io: 'input' | 'output', components: Components): object {
  const described = Object.entries(content).map(([type, schema]) => [
    type,
    { schema: components.schemaOf(schema, io) },
  ]);
  return Object.fromEntries(described) as object;
}

function failuresOf(codes: readonly ErrorCode[], style: FailureStyle): Reply[] {
  const { statusesOf, bodyOf, nameOf = (code: ErrorCode) => code } = style;
  const statuses = [...new Set(codes.flatMap(statusesOf))];
  return statuses.map((status) => {
    const own = codes.filter((code) => statusesOf(code).includes(status));
    const names = [...new Set(own.map((code) => `\`${nameOf(code, status)}\``))];
    return { status, description: names.join(', '), content: { 'application/json': bodyOf(own) } };
  });
}

/** Replies with the same status are merged. */
function responsesOf(done: readonly Reply[], failed: readonly Reply[], components: Components): object {
  const responses: Partial<Record<string, { description: string; headers?: object; content: object }>> = {};
  for (const { status = 200, description = 'Done', content } of [...done, ...failed]) {
    responses[status] = {
      description,
      ...(RETRY_LATER.has(status) && { headers: { 'Retry-After': RETRY_AFTER } }),
      content: { ...responses[status]?.content, ...contentOf(content, 'output', components) },
    };
  }
  return responses;
}

const RETRY_LATER = new Set([429, 503]);
const RETRY_AFTER = { description: 'Seconds.', schema: { type: 'string' } };

export const SECURITY_SCHEMES = {
  apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key', description: 'A key from `rostro keys create`.' },
  bearer: { type: 'http', scheme: 'bearer', description: 'The same key as `Authorization: Bearer`.' },
  login: {
    type: 'apiKey',
    in: 'cookie',
    name: 'rostro_session',
    description:
      'From `POST /session`; `__Host-rostro_session` over HTTPS. Changes also need its token as `x-csrf-token`.',
  },
};

/** Any of the schemes, with the scope that is needed. */
export function securityOf(access: Access): object[] {
  return access === 'public' ? [] : Object.keys(SECURITY_SCHEMES).map((scheme) => ({ [scheme]: [access] }));
}
