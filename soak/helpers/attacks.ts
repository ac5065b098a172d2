import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { WebSocket } from 'ws';
import { blackPng } from '../../test/helpers/pictures.js';
import { SVG_BOMB } from './load-requests.js';

export interface Attacker {
  /** Of the server. */
  readonly url: string;
  /** Of the scope "recognise", for this attack only. */
  readonly key: string;
  readonly otherKey: string;
  readonly adminKey: string;
  readonly photo: Buffer;
  readonly isOver: () => boolean;
  /** Counts an answer. */
  readonly saw: (answer: string) => void;
}

export interface Attack {
  readonly name: string;
  readonly hasKey: boolean;
  /** @throws Error when another client lost something */
  readonly run: (by: Attacker) => Promise<void>;
}

export const ATTACKS: readonly Attack[] = [
  { name: 'SVG that hung the sniffer', hasKey: true, run: (by) => photos(by, 4, '/detect', () => SVG_BOMB) },
  { name: '2,048 upgrades that say nothing', hasKey: false, run: silentUpgrades },
  { name: 'chosen embeddings', hasKey: true, run: chosenEmbeddings },
  { name: '12 uploads of 95 MB that never end', hasKey: true, run: unfinishedUploads },
  {
    name: 'pictures of 49,999,999 pixels in one line',
    hasKey: true,
    run: (by) => photos(by, 4, '/detect', (n) => LINES[n % 2]),
  },
  { name: 'text of 19 MB on /live', hasKey: true, run: longTexts },
  { name: '1,001 logins', hasKey: true, run: manyLogins },
  { name: '110 connections to /live', hasKey: true, run: manySockets },
  { name: 'a new session id in every request', hasKey: true, run: sessionIds },
  { name: '8 clients with wrong keys', hasKey: false, run: wrongKeys },
  { name: '256 clients that never wait', hasKey: true, run: (by) => photos(by, 256, '/recognize', () => by.photo) },
];

const MB = 2 ** 20;
const LINES = [blackPng(49_999_999, 1), blackPng(1, 49_999_999)];
const CONNECTIONS = 2048;
const LOGINS = 1001;
const LIVE_CONNECTIONS = 110;
const JSON_TYPE = 'application/json';

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

export function post(url: string, key: string, body: Buffer | string, type = 'image/jpeg'): Promise<Response> {
  const headers = { 'x-api-key': key, 'content-type': type };
  return fetch(url, { method: 'POST', headers, body: typeof body === 'string' ? body : new Uint8Array(body) });
}

function logIn(url: string, key: string): Promise<Response> {
  return fetch(`${url}/session`, {
    method: 'POST',
    headers: { 'content-type': JSON_TYPE },
    body: JSON.stringify({ key }),
  });
}

/** That many clients, each of which sends the next request when it has an answer. */
async function clients(
  { isOver, saw }: Pick<Attacker, 'isOver' | 'saw'>,
  count: number,
  ask: (n: number) => Promise<Response>,
): Promise<void> {
  let asked = 0;
  const client = async () => {
    while (!isOver()) saw(await ask(asked++).then(answerOf, (error: unknown) => (error as Error).message));
  };
  await Promise.all(Array.from({ length: count }, client));
}

async function answerOf(reply: Response): Promise<string> {
  const { error } = (await reply.json()) as { error?: { code: string } };
  return error === undefined ? String(reply.status) : `${reply.status} ${error.code}`;
}

function photos(by: Attacker, count: number, path: string, photoOf: (n: number) => Buffer): Promise<void> {
  return clients(by, count, (n) => post(by.url + path, by.key, photoOf(n)));
}

function sessionIds(by: Attacker): Promise<void> {
  return clients(by, 4, (n) => post(`${by.url}/recognize?session=camera-number-${n}`, by.key, by.photo));
}

function chosenEmbeddings(by: Attacker): Promise<void> {
  const body = JSON.stringify({ embeddings: [new Array<number>(512).fill(0)] });
  const url = `${by.url}/api/v1/recognition/embeddings/recognize?prediction_count=10`;
  return clients(by, 4, () => post(url, by.key, body, JSON_TYPE));
}

function wrongKeys(by: Attacker): Promise<void> {
  const wrong = (n: number) => `rostro_${n.toString(16).padStart(8, '0')}_${'0'.repeat(48)}`;
  return clients(by, 8, (n) =>
    n % 2 === 0 ? post(`${by.url}/recognize`, wrong(n), by.photo) : logIn(by.url, wrong(n)),
  );
}

async function manyLogins({ url, key, adminKey, isOver, saw }: Attacker): Promise<void> {
  const cookie = (await logIn(url, adminKey)).headers.get('set-cookie')!.split(';')[0];
  let logins = 0;
  await clients({ saw, isOver: () => isOver() || logins++ >= LOGINS }, 8, () => logIn(url, key));
  const session = (await (await fetch(`${url}/session`, { headers: { cookie } })).json()) as { loggedIn: boolean };
  if (!session.loggedIn) throw new Error('the admin was logged out');
}

async function silentUpgrades({ url, isOver, saw }: Attacker): Promise<void> {
  const upgrade = 'GET /live HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
  const sockets = new Set<Socket>();
  const open = () => {
    const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', allowHalfOpen: true });
    sockets.add(socket.on('error', () => undefined).on('close', () => sockets.delete(socket)));
    socket.once('data', (chunk: Buffer) => {
      saw(chunk.toString().slice('HTTP/1.1 '.length).split(' ')[0]);
    });
    socket.write(upgrade);
  };
  for (; !isOver(); await pause(20)) for (let i = 0; i < 20 && sockets.size < CONNECTIONS; i++) open();
  for (const socket of sockets) socket.destroy();
}

async function until(isOver: () => boolean): Promise<void> {
  while (!isOver()) await pause(20);
}

async function unfinishedUploads({ url, key, isOver, saw }: Attacker): Promise<void> {
  const headers = { 'x-api-key': key, 'content-type': 'multipart/form-data; boundary=b' };
  const part = Buffer.concat([
    Buffer.from('--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'),
    Buffer.alloc(19 * MB),
    Buffer.from('\r\n'),
  ]);
  const upload = async () => {
    const request = httpRequest(`${url}/recognize`, { method: 'POST', headers, agent: false });
    request.on('error', () => undefined);
    const answered = once(request, 'response').then(
      ([reply]) => String((reply as IncomingMessage).statusCode),
      () => 'closed',
    );
    for (let i = 0; i < 5; i++) request.write(part);
    saw(await Promise.race([answered, until(isOver).then(() => 'no answer yet')]));
    request.destroy();
  };
  const client = async () => {
    for (; !isOver(); await pause(100)) await upload();
  };
  await Promise.all(Array.from({ length: 12 }, client));
}

function liveSocket({ url }: Attacker, key: string): WebSocket {
  return new WebSocket(`${url.replace('http', 'ws')}/live`, { headers: { 'x-api-key': key } });
}

/** "open", or why not. */
function outcomeOf(socket: WebSocket): Promise<string> {
  return new Promise((resolve) => {
    socket.on('error', (error) => {
      resolve(error.message);
    });
    socket.on('open', () => {
      resolve('open');
    });
    socket.on('unexpected-response', (_, { statusCode }) => {
      resolve(String(statusCode));
    });
  });
}

async function longTexts(by: Attacker): Promise<void> {
  const text = 'x'.repeat(19 * MB);
  const client = async () => {
    for (; !by.isOver(); await pause(100)) {
      const socket = liveSocket(by, by.key);
      const closed = new Promise<string>((resolve) => {
        socket.on('close', (code) => {
          resolve(`close ${code}`);
        });
      });
      if ((await outcomeOf(socket)) === 'open') socket.send(text, () => undefined);
      by.saw(await Promise.race([closed, until(by.isOver).then(() => 'no answer yet')]));
      socket.terminate();
    }
  };
  await Promise.all([client(), client(), client()]);
}

async function manySockets(by: Attacker): Promise<void> {
  const sockets = Array.from({ length: LIVE_CONNECTIONS }, () => liveSocket(by, by.key));
  for (const outcome of await Promise.all(sockets.map(outcomeOf))) by.saw(outcome);
  const another = liveSocket(by, by.otherKey);
  const outcome = await outcomeOf(another);
  await until(by.isOver);
  for (const socket of [another, ...sockets]) socket.terminate();
  if (outcome !== 'open') throw new Error(`another key cannot connect: ${outcome}`);
}
