import type { Router } from 'express';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BackOff } from '../../../../src/access/back-off.js';
import { KeyFile } from '../../../../src/access/key-file.js';
import { type Scope, SCOPES } from '../../../../src/access/key.js';
import { ACCESS, accessTable, allowsGroupKeys } from '../../../../src/http/access-table.js';
import { apiRoutes } from '../../../../src/http/api.js';
import { EmptySubjectsFile } from '../../../../src/plugins/compreface/empty-subjects.js';
import { compreFaceHttp, COMPREFACE_API } from '../../../../src/plugins/compreface/http.js';
import { compreFaceFailure } from '../../../../src/plugins/compreface/errors.js';
import * as schemas from '../../../../src/http/schemas.js';
import { Metrics } from '../../../../src/shared/prometheus.js';
import { createKey, keyFolder, policyOf } from '../../../helpers/access.js';
import { startServer, type TestServer } from '../../../helpers/server.js';

/** Every `METHOD path` that a router has, those of the routers inside it too. */
function registered(router: Router): string[] {
  return router.stack.flatMap((layer) => {
    if (layer.route) {
      const { path, stack } = layer.route;
      return [...new Set(stack.map(({ method }) => `${method.toUpperCase()} ${path}`))];
    }
    const { handle } = layer as unknown as { handle: Partial<Router> };
    return handle.stack ? registered(handle as Router) : [];
  });
}

describe('the table of who may do what', () => {
  it.each([
    ['without plugins', []],
    ['with CompreFace', [compreFaceHttp(new EmptySubjectsFile('.'))]],
  ])('has a line for every route that is registered, and no other line, %s', async (_title, plugins) => {
    const { file, remove } = await keyFolder();
    const { gate } = await policyOf(file);
    await remove();
    const limits = { maxImageBytes: 1, maxFilesPerRequest: 1, maxRequestBytes: 1, maxImportBytes: 1, deadlineMs: 1 };
    const services = () => Promise.reject(new Error('not used')) as never;
    const access = { gate, wrongKeys: new BackOff(), frameAncestors: [] };
    const parts = { metrics: new Metrics(() => null), access };
    const api = apiRoutes({ services, limits, publicDir: '', version: '0', plugins, ...parts });
    expect(registered(api).sort()).toEqual(Object.keys(accessTable(plugins)).sort());
  });
});

describe('every route, with every kind of key and none', () => {
  let server: TestServer;
  const keys = {} as Record<Scope | 'group' | 'wrong' | 'malformed' | 'expired' | 'revoked', string>;

  beforeAll(async () => {
    server = await startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api' });
    for (const scope of SCOPES) keys[scope] = (await createKey(server.dataDir, scope)).key;
    keys.group = (await createKey(server.dataDir, 'admin', null, 'staff')).key;
    keys.wrong = `${keys.admin.slice(0, -1)}${keys.admin.endsWith('0') ? '1' : '0'}`;
    keys.malformed = 'let me in';
    keys.expired = (await createKey(server.dataDir, 'admin', new Date(Date.now() - 1000))).key;
    const revoked = await createKey(server.dataDir, 'admin');
    await new KeyFile(`${server.dataDir}/.state`).revoke(revoked.id);
    keys.revoked = revoked.key;
  });
  afterAll(() => server.close());

  /** Without a body: whoever is let in is told what is missing; what matters is who is. */
  async function send(route: string, headers: Record<string, string>) {
    const [method, path] = route.split(' ');
    const reply = await fetch(server.url + path.replace(/:\w+/g, 'Nobody'), { method, headers });
    // Every reply of a route; "//people" is none.
    if (path !== '//people') expect(reply.headers.get('cache-control')).toBe('no-store');
    const isStream = /^text\/event-stream/.test(reply.headers.get('content-type') ?? '');
    const text = isStream ? '' : await reply.text();
    if (isStream) await reply.body!.cancel();
    return { status: reply.status, headers: reply.headers, text };
  }
  const isRefused = (status: number) => status === 401 || status === 403 || status === 429;

  const scoped = Object.entries(accessTable([COMPREFACE_API])).filter(
    (entry): entry is [string, Scope] => entry[1] !== 'public',
  );
  const isCompreFace = (route: string) => route.includes(' /api/v1/');
  it.each(scoped.filter(([route]) => !isCompreFace(route)))('%s (%s)', async (route, needed) => {
    for (const scope of SCOPES) {
      for (const [header, value] of [
        ['x-api-key', keys[scope]],
        ['authorization', `Bearer ${keys[scope]}`],
      ]) {
        const { status, text } = await send(route, { [header]: value });
        const isEnough = SCOPES.indexOf(scope) >= SCOPES.indexOf(needed);
        expect([scope, isRefused(status)]).toEqual([scope, !isEnough]);
        if (!isEnough) expect(schemas.failure.parse(JSON.parse(text)).error.code).toBe('forbidden');
      }
    }
    const { status: forGroup } = await send(route, { 'x-api-key': keys.group });
    expect(['a key of a group', isRefused(forGroup)]).toEqual(['a key of a group', !allowsGroupKeys(route)]);
    const none = await send(route, {});
    expect([none.status, none.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="Rostro"']);
    for (const bad of ['wrong', 'malformed', 'expired', 'revoked'] as const) {
      const { status, text } = await send(route, { 'x-api-key': keys[bad] });
      expect([bad, [401, 429].includes(status)]).toEqual([bad, true]);
      expect(text).not.toContain(keys[bad]);
    }
  });

  it.each(scoped.filter(([route]) => isCompreFace(route)))('%s (%s)', async (route, needed) => {
    const isInPath = route.includes(':apiKey');
    const sendWith = async (key: string | undefined, header = 'x-api-key') => {
      const headers = key === undefined ? {} : { [header]: header === 'authorization' ? `Bearer ${key}` : key };
      const { status, text } = await send(route.replace(':apiKey', encodeURIComponent(key ?? 'none')), headers);
      return { status, text, code: status < 400 ? null : compreFaceFailure.parse(JSON.parse(text)).code };
    };
    for (const scope of SCOPES) {
      for (const header of ['x-api-key', 'authorization']) {
        const { status, code } = await sendWith(keys[scope], header);
        const isEnough = SCOPES.indexOf(scope) >= SCOPES.indexOf(needed);
        expect([scope, status === 403]).toEqual([scope, !isEnough]);
        expect([10, 20]).not.toContain(code);
      }
    }
    expect((await sendWith(keys.group)).status).not.toBe(403);
    const { status, code } = await sendWith(undefined);
    if (status !== 429) expect([status, code]).toEqual([400, isInPath ? 26 : 20]);
    for (const bad of ['wrong', 'malformed', 'expired', 'revoked'] as const) {
      const { status, code, text } = await sendWith(keys[bad]);
      if (status !== 429) expect([bad, status, code]).toEqual([bad, ...(bad === 'malformed' ? [400, 26] : [404, 10])]);
      expect(text).not.toContain(keys[bad]);
    }
  });

  it.each(Object.keys(ACCESS).filter((route) => ACCESS[route] === 'public' && route !== 'POST /session'))(
    '%s is for everybody, a wrong key or not',
    async (route) => {
      for (const headers of [{}, { 'x-api-key': keys.wrong }]) {
        const { status } = await send(route, headers as Record<string, string>);
        // It shows whether a key is right, so wrong keys are slowed down.
        if (route === 'GET /session' && 'x-api-key' in headers) expect(status).toBe(429);
        else expect(isRefused(status)).toBe(false);
      }
    },
  );

  it('serves no method that the table does not have', async () => {
    for (const route of ['PUT /people', 'POST /people/Nobody', 'DELETE /people', 'GET /upload', 'PATCH /status']) {
      const [method, path] = route.split(' ');
      const reply = await fetch(server.url + path, { method, headers: { 'x-api-key': keys.admin } });
      expect([route, reply.status]).toEqual([route, 405]);
    }
  });

  it('asks for the key whatever way the path is written', async () => {
    for (const path of [
      '/PEOPLE',
      '/people/',
      '/People/Ada',
      '//people',
      '/people/%41da',
      '/./people',
      '/healthz/../people',
    ]) {
      const { status } = await send(`GET ${path}`, {});
      expect([path, [401, 404].includes(status)]).toEqual([path, true]);
    }
  });

  it('tells whoever shows no key that it is ready, and no more', async () => {
    expect(JSON.parse((await send('GET /readyz', {})).text)).toEqual({ status: 'ready' });
    expect(JSON.parse((await send('GET /readyz', { 'x-api-key': keys.recognise })).text)).toMatchObject({ people: 0 });
  });
});
