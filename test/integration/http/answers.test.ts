import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openApiDocument } from '../../../src/http/openapi/document.js';
import { COMPREFACE_API } from '../../../src/plugins/compreface/http.js';
import { Contract } from '../../helpers/answers/contract.js';

const contract = new Contract(openApiDocument('0', [COMPREFACE_API]));
const json = 'application/json; charset=utf-8';

function complaints(method: string, url: string, status: number, body: unknown, type = json): string[] {
  const text = typeof body === 'string' || body === null ? body : JSON.stringify(body);
  return contract.complaintsAbout({ method, url, status, type, body: text, isWhole: true });
}

const failure = (code: string) => ({ error: { code, message: 'Why.', details: {} }, requestId: '1' });
const event = {
  id: 'a-1',
  sequence: 1,
  type: 'left',
  at: '2026-11-24T18:03:11.482Z',
  camera: 'door',
  track: 1,
  person: null,
  personId: null,
  distance: null,
  threshold: 1,
  falseMatchRate: null,
  live: null,
  box: { x: 0, y: 0, width: 1, height: 1 },
  picture: { width: 640, height: 480 },
  position: null,
  seconds: 2,
  reason: 'gone',
};
const stream = (...events: object[]) =>
  ['retry: 2000', ...events.map((one) => `id: 1\nevent: left\ndata: ${JSON.stringify(one)}`), ''].join('\n\n');

describe('an answer', () => {
  it('that the document has is right', () => {
    expect(complaints('GET', '/healthz', 200, { status: 'ok' })).toEqual([]);
    expect(complaints('HEAD', '/healthz', 200, '')).toEqual([]);
    expect(complaints('GET', '/people/Ada%20Lovelace?x=1', 404, failure('person_not_found'))).toEqual([]);
    expect(complaints('GET', '/people/Ada/examples/1/crop', 200, null, 'image/jpeg')).toEqual([]);
    expect(complaints('GET', '/events', 200, stream(event, event), 'text/event-stream')).toEqual([]);
  });

  it.each([
    ['a property more', { status: 'ok', secret: 1 }, /^GET \/healthz answered 200: the body must NOT have additional/],
    ['a property less', {}, /must have required property 'status'/],
    ['a value of another kind', { status: true }, /\/status must be string/],
    ['no JSON', '{"status": "ok"', /no JSON: \{"status"/],
  ])('with %s is told of', (_, body, sentence) => {
    expect(complaints('GET', '/healthz', 200, body).join('\n')).toMatch(sentence);
  });

  it('of a status, a type, an error code or an event that the document has not is told of', () => {
    expect(complaints('GET', '/healthz', 204, '', '')[0]).toMatch(/^GET \/healthz answered 204: the document has 200/);
    expect(complaints('GET', '/healthz', 200, null, 'text/html')[0]).toMatch(/"text\/html", and the document has appl/);
    expect(complaints('GET', '/people/Ada', 404, failure('camera_not_found'))[0]).toMatch(
      /\/error\/code must be equal/,
    );
    const broken = { ...event, at: 'yesterday' };
    expect(complaints('GET', '/events', 200, stream(event, broken), 'text/event-stream')[0]).toMatch(/"date-time"/);
  });

  it('to what is no route is a page or a refusal', () => {
    expect(complaints('GET', '/live.html', 200, null, 'text/html; charset=utf-8')).toEqual([]);
    expect(complaints('GET', '/nothing', 404, failure('route_not_found'))).toEqual([]);
    expect(complaints('GET', '/nothing', 200, { people: [] })[0]).toMatch(/^GET \/nothing answered 200: the body must/);
  });

  it('that nobody reads, or that has no body, is left out', () => {
    expect(complaints('POST', '/upload', 499, failure('client_gone'))).toEqual([]);
    expect(complaints('GET', '/people', 304, '')).toEqual([]);
    expect(complaints('OPTIONS', '/people', 204, '', '')).toEqual([]);
  });
});

describe('a server that answers in a test', () => {
  let server: Server;
  beforeAll(async () => {
    server = createServer((request, response) => {
      response.setHeader('x-request-id', '1').setHeader('content-type', json);
      response.write('{"status": "ok"');
      response.end(request.url === '/healthz?broken' ? ', "secret": 1}' : '}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => void server.close());

  const ask = async (path: string) => {
    const { port } = server.address() as AddressInfo;
    return (await fetch(`http://127.0.0.1:${port}${path}`)).json() as Promise<unknown>;
  };

  it('passes where the document says so', async () => {
    expect(await ask('/healthz')).toEqual({ status: 'ok' });
  });

  it.fails('fails the test where it does not', async () => {
    expect(await ask('/healthz?broken')).toEqual({ status: 'ok', secret: 1 });
  });
});
