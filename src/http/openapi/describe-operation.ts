import type { z } from 'zod';
import type { ErrorCode } from '../../errors.js';
import type { Access } from '../access-table.js';
import type { Components } from './components.js';
import { commonErrors, OWN_FAILURES } from './failures.js';
import type { Area, Content, FailureStyle, Operation, Reply } from './operation.js';
import { securityOf } from './security.js';

export interface OperationParts {
  readonly method: string;
  readonly access: Access;
  readonly area: Area;
  readonly operation: Operation;
  readonly components: Components;
}

/** An Operation Object of OpenAPI. Source: https://spec.openapis.org/oas/v3.1.1.html#operation-object */
export function describeOperation({ method, access, area, operation, components }: OperationParts): object {
  const { id, summary, path, query, headers, body, errors = [] } = operation;
  const codes = [...new Set([...errors, ...commonErrors(method, access)])];
  return {
    operationId: id,
    tags: [area.name],
    summary,
    description: descriptionOf(operation, access),
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

function descriptionOf({ description }: Operation, access: Access): string {
  const scope =
    access === 'public' ? 'Needs no key.' : `Needs a key of the scope \`${access}\` once the server has keys.`;
  return description === undefined ? scope : `${description}\n\n${scope}`;
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

function failuresOf(codes: readonly ErrorCode[], { statusOf, bodyOf }: FailureStyle): Reply[] {
  const statuses = [...new Set(codes.map(statusOf))];
  return statuses.map((status) => {
    const own = codes.filter((code) => statusOf(code) === status);
    const description = own.map((code) => `\`${code}\``).join(', ');
    return { status, description, content: { 'application/json': bodyOf(own) } };
  });
}

/** Replies of one status are one response. */
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
