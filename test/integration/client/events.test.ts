import { afterAll, beforeAll, expect, it } from 'vitest';
import { Rostro, type CameraEvent } from '../../../src/client/index.js';
import { SseParser } from '../../../src/client/events.js';
import { newEvent } from '../../helpers/new-event.js';
import { startServer, type TestServer } from '../../helpers/server.js';
import { tcpProxy, type TcpProxy } from '../../helpers/tcp-proxy.js';
import { refuses, ScriptedServer } from './scripted-server.js';

let server: TestServer;
let proxy: TcpProxy;
let rostro: Rostro;
beforeAll(async () => {
  server = await startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api', WORKERS: '1' });
  proxy = await tcpProxy(Number(new URL(server.url).port));
  rostro = new Rostro({ url: `http://localhost:${proxy.port}` });
});
afterAll(async () => {
  await proxy.close();
  await server.close();
});

it('goes on after the last event when the connection breaks: none is lost, none comes twice', async () => {
  const told: string[] = [];
  const states: string[] = [];
  const stop = new AbortController();
  const happens = (person: string) => server.core.events.publish(newEvent(person, 'door'));
  happens('before');
  const listening = (async () => {
    const events = rostro.events({ camera: 'door', signal: stop.signal, onState: (state) => states.push(state) });
    for await (const { person } of events) told.push(String(person));
  })();
  await expect.poll(() => states).toEqual(['open']);
  for (const [lost, then] of [
    ['Ada', 'Bea'],
    ['Cy', 'Dee'],
  ]) {
    proxy.cut();
    await expect.poll(() => states.at(-1)).toBe('lost');
    happens(lost);
    server.core.events.publish(newEvent('elsewhere', 'yard'));
    proxy.restore();
    await expect.poll(() => states.at(-1)).toBe('open');
    happens(then);
    await expect.poll(() => told.at(-1)).toBe(then);
  }
  expect(told).toEqual(['Ada', 'Bea', 'Cy', 'Dee']);
  stop.abort(new Error('enough'));
  await expect(listening).rejects.toThrow('enough');
});

it('goes on after an event that is named, until its reader stops', async () => {
  const [first, second] = ['Eve', 'Fay'].map((person) => server.core.events.publish(newEvent(person)));
  const heard: CameraEvent[] = [];
  for await (const event of rostro.events({ since: first.id })) {
    heard.push(event);
    break;
  }
  expect(heard).toEqual([second]);
});

it('ends with what does not pass by itself, and waits for what does', async () => {
  const scripted = await ScriptedServer.start();
  const next = (options = {}) => new Rostro({ url: scripted.url }).events(options).next();
  scripted.will(refuses(503, 'busy', { 'retry-after': '0' }), refuses(401, 'unauthorised'));
  const states: string[] = [];
  await expect(next({ onState: (state: string) => states.push(state) })).rejects.toMatchObject({
    code: 'unauthorised',
  });
  expect([states, scripted.requests.length]).toEqual([['lost'], 2]);
  await scripted.close();
});

it('reads a stream however it is cut', () => {
  const text = ': hi\r\n\r\nid: 1\r\ndata: {"a":\r\ndata:"ñ"}\r\n\r\nid: 2\n\nretry: 50\nid\ndata\n\n';
  const whole = new SseParser().push(new TextEncoder().encode(text));
  expect(whole).toEqual([
    { id: null, data: null, retryMs: null },
    { id: '1', data: '{"a":\n"ñ"}', retryMs: null },
    { id: '2', data: null, retryMs: null },
    { id: '', data: '', retryMs: 50 },
  ]);
  for (let size = 1; size < 12; size++) {
    const parser = new SseParser();
    const bytes = new TextEncoder().encode(text);
    const parts = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
      bytes.slice(i * size, (i + 1) * size),
    );
    expect(parts.flatMap((part) => parser.push(part))).toEqual(whole);
  }
});
