import type { ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Answer } from './recorder.js';

interface Operation {
  readonly responses: Readonly<Record<string, { readonly content: Readonly<Record<string, object>> }>>;
}
interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

interface Route {
  readonly method: string;
  readonly path: string;
  readonly pattern: RegExp;
  readonly operation: Operation;
}

const DOCUMENT = 'rostro';
/** Maximum number of errors reported per body. */
const MAX_FAULTS = 3;
/** Errors sent before the route is known. */
const FAILURE = '/components/schemas/Failure';
const COMPREFACE_FAILURE = '/components/schemas/CompreFaceFailure';

/** Checks responses against an OpenAPI document. */
export class Contract {
  private readonly ajv = new Ajv2020({ strict: false, meta: false, validateSchema: false });
  private readonly routes: readonly Route[];

  constructor(document: object) {
    addFormats.default(this.ajv);
    this.ajv.addSchema(document, DOCUMENT);
    this.routes = routesOf(document as OpenApi);
  }

  /** Every route and status, as `METHOD /path 200`. */
  get answers(): string[] {
    return this.routes.flatMap(({ method, path, operation }) =>
      Object.keys(operation.responses).map((status) => `${method} ${path} ${status}`),
    );
  }

  /** `METHOD /path status` with the document's path; undefined if it has no such route. */
  nameOf({ method, url, status }: Answer): string | undefined {
    const route = this.routeOf(method, url);
    return route && `${route.method} ${route.path} ${status}`;
  }

  /** @returns a sentence for each deviation from the document */
  complaintsAbout(answer: Answer): string[] {
    if (isLeftOut(answer)) return [];
    const route = this.routeOf(answer.method, answer.url);
    const faults = route ? this.faultsOf(answer, route) : this.faultsOfUnknown(answer);
    const name = route ? `${route.method} ${route.path}` : `${answer.method} ${answer.url}`;
    return faults.map((fault) => `${name} answered ${answer.status}: ${fault}`);
  }

  private routeOf(method: string, url: string): Route | undefined {
    const [path] = url.split('?');
    const asked = method === 'HEAD' ? 'GET' : method;
    return this.routes.find((route) => route.method === asked && route.pattern.test(path));
  }

  private faultsOf({ method, status, type, body, isWhole }: Answer, { path, operation, ...route }: Route): string[] {
    const response = (operation.responses as Partial<Operation['responses']>)[status];
    if (!response) return [`the document has ${Object.keys(operation.responses).join(', ')}. ${body ?? ''}`];
    const media = Object.keys(response.content).find((one) => matches(type, one));
    if (media === undefined) return [`"${type}", and the document has ${Object.keys(response.content).join(', ')}`];
    if (body === null || method === 'HEAD') return [];
    const pointer = [
      'paths',
      path,
      route.method.toLowerCase(),
      'responses',
      String(status),
      'content',
      media,
      'schema',
    ];
    const validate = this.compiled(pointer.map((part) => `/${escaped(part)}`).join(''));
    if (media === 'text/event-stream') return dataOf(body).flatMap((data) => faultsOfJson(data, validate));
    return isWhole ? faultsOfJson(body, validate) : [];
  }

  /** Anything that is not a route is a page or an error. */
  private faultsOfUnknown({ url, type, body, isWhole }: Answer): string[] {
    const failure = /^\/api\/v1(?:\/|$)/i.test(url) ? COMPREFACE_FAILURE : FAILURE;
    return body !== null && type.startsWith('application/json') && isWhole
      ? faultsOfJson(body, this.compiled(failure))
      : [];
  }

  private compiled(pointer: string): ValidateFunction {
    return this.ajv.getSchema(`${DOCUMENT}#${pointer}`)!;
  }
}

/** Not described by the document: a disconnected client, a preflight, 304. */
function isLeftOut({ method, status }: Answer): boolean {
  return status === 499 || status === 304 || method === 'OPTIONS';
}

function routesOf({ paths }: OpenApi): Route[] {
  return Object.entries(paths)
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        method: method.toUpperCase(),
        path,
        pattern: new RegExp(`^${path.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, '[^/]+')}/?$`, 'i'),
        operation,
      })),
    )
    .sort((a, b) => a.path.split('{').length - b.path.split('{').length);
}

function matches(type: string, media: string): boolean {
  const [own] = type.split(';');
  return media.endsWith('/*') ? own.startsWith(media.slice(0, -1)) : own.trim() === media;
}

/** A segment of a JSON pointer in a URL fragment. */
function escaped(part: string): string {
  return encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));
}

/** The data of each event of a stream, without an incomplete last one. */
function dataOf(stream: string): string[] {
  return stream
    .split('\n\n')
    .slice(0, -1)
    .flatMap((event) => /^data: (.*)$/m.exec(event)?.[1] ?? []);
}

function faultsOfJson(text: string, validate: ValidateFunction): string[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [`no JSON: ${text.slice(0, 200)}`];
  }
  if (validate(value)) return [];
  return (validate.errors ?? []).slice(-MAX_FAULTS).map(({ instancePath, message, params }) => {
    const { additionalProperty, allowedValues } = params as { additionalProperty?: string; allowedValues?: string[] };
    const what = additionalProperty ?? allowedValues?.join(', ');
    return `${instancePath || 'the body'} ${message}${what === undefined ? '' : ` (${what})`} in ${text.slice(0, 500)}`;
  });
}
