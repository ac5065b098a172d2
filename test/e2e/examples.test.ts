import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseContainerfile, parseEnv } from '../../packaging/container/containerfile.js';
import { cameraEventSchema, EVENT_TYPES } from '../../src/events/event.js';
import { topicsOf } from '../../src/plugins/mqtt/topics.js';
import { createKey } from '../helpers/access.js';
import { hasChromium, launchBrowser, needsChromium } from '../helpers/browser/browser.js';
import { onePerson, onePersonAgain } from '../helpers/portraits.js';
import { startServer, type TestServer } from '../helpers/server.js';
import { page as html, WebServer } from '../helpers/web-server.js';

const examples = fileURLToPath(new URL('../../examples', import.meta.url));
const read = (file: string) => readFileSync(join(examples, file), 'utf8');

/** The Python that has requests: Debian's package installs it for /usr/bin/python3. */
const python = ['python3', '/usr/bin/python3'].find(hasRequests);
const needsRequests =
  python === undefined ? ' (skipped: needs python3 with requests: apt install python3-requests)' : '';

function hasRequests(command: string): boolean {
  try {
    execFileSync(command, ['-c', 'import requests'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

let server: TestServer;
let site: WebServer;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rostro-examples-'));
  await writeFile(join(folder, 'ada.jpg'), await onePerson());
  await writeFile(join(folder, 'frame.jpg'), await onePersonAgain());
  site = await WebServer.start();
  server = await startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api', WORKERS: '1', CORS_ORIGINS: site.origin });
});
afterAll(async () => {
  await server.close();
  await site.stop();
  await rm(folder, { recursive: true });
});

interface Result {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function runExample(command: string, file: string, key = ''): Promise<Result> {
  const args = [join(examples, file), join(folder, 'ada.jpg'), join(folder, 'frame.jpg')];
  const env = { ...process.env, ROSTRO_URL: server.url, ROSTRO_KEY: key };
  return new Promise((done) => {
    execFile(command, args, { env, timeout: 120_000 }, (error, out, err) => {
      done({ code: error === null ? 0 : Number(error.code ?? -1), out, err });
    });
  });
}

async function expectPeople(count: number, key = ''): Promise<void> {
  const reply = await fetch(`${server.url}/people`, { headers: { 'x-api-key': key } });
  expect(await reply.json()).toMatchObject({ total: count });
}

/** The answers of a run of curl.sh, by the line above each. */
function answersOf(out: string): Record<string, unknown> {
  return Object.fromEntries(
    [...out.matchAll(/^(\w+):\n(.*)$/gm)].map(([, step, json]) => [step, JSON.parse(json) as unknown]),
  );
}

const NAME = 'Rostro Example';
const recognised = [
  expect.stringMatching(/^Recognised: Rostro Example \(distance 0\.\d+, threshold 0\.\d+\)$/),
  `Enrolled: ${NAME}`,
  `Deleted: ${NAME}`,
];

function expectCurl({ code, out, err }: Result): void {
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(answersOf(out)).toMatchObject({
    Enrol: { enrolled: [{ name: NAME }] },
    Recognise: { faces: [{ name: NAME }] },
    List: { people: [{ name: NAME }] },
    Delete: { deleted: { name: NAME } },
  });
}

describe('the programs', () => {
  it('curl.sh enrols, recognises, lists and deletes', async () => {
    expectCurl(await runExample('sh', 'curl.sh'));
    await expectPeople(0);
  });

  it('node.mjs enrols, recognises, lists and deletes', async () => {
    const { code, out, err } = await runExample(process.execPath, 'node.mjs');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.trim().split('\n')).toEqual(recognised);
    await expectPeople(0);
  });

  it.skipIf(python === undefined)(`python.py enrols, recognises, lists and deletes${needsRequests}`, async () => {
    const { code, out, err } = await runExample(python!, 'python.py');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.trim().split('\n')).toEqual(recognised);
    await expectPeople(0);
  });
});

describe.skipIf(!hasChromium)(`browser.html${needsChromium}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
    site.on('/browser.html', html(read('browser.html')));
  });
  afterAll(() => browser.close());

  async function choosePhoto(origin: string) {
    const page = await browser.newPage();
    await page.goto(`${origin}/browser.html`);
    await page.getByLabel('Server').fill(server.url);
    await page.getByLabel('Photo').setInputFiles(join(folder, 'frame.jpg'));
    return page;
  }

  it('shows the name of the person on the photo', async () => {
    const body = new FormData();
    body.append('name', NAME);
    body.append('file', new Blob([new Uint8Array(await onePerson())]), 'ada.jpg');
    expect((await fetch(`${server.url}/upload`, { method: 'POST', body })).status).toBe(201);
    const page = await choosePhoto(site.origin);
    await page.locator('#faces li').first().waitFor();
    expect(await page.locator('#faces li').allTextContents()).toEqual([
      expect.stringMatching(/^Rostro Example \(distance 0\.\d+\)$/),
    ]);
    expect(await page.locator('#error').textContent()).toBe('');
    await page.close();
    expect((await fetch(`${server.url}/people/${encodeURIComponent(NAME)}`, { method: 'DELETE' })).status).toBe(200);
  });

  it('shows an error on an origin that CORS_ORIGINS does not name', async () => {
    const page = await choosePhoto(site.origin.replace('127.0.0.1', 'localhost'));
    await page.locator('#error:not(:empty)').waitFor();
    expect(await page.locator('#faces li').count()).toBe(0);
    await page.close();
  });
});

describe('the programs, on a server with keys', () => {
  let key: string;
  beforeAll(async () => {
    ({ key } = await createKey(server.dataDir, 'admin'));
  });

  it('send the key', async () => {
    expectCurl(await runExample('sh', 'curl.sh', key));
    expect(await runExample(process.execPath, 'node.mjs', key)).toMatchObject({ code: 0, err: '' });
    if (python !== undefined) expect(await runExample(python, 'python.py', key)).toMatchObject({ code: 0, err: '' });
    await expectPeople(0, key);
  });

  it('print the error and exit with another code than 0 without one', async () => {
    const curl = await runExample('sh', 'curl.sh');
    expect(curl.code).not.toBe(0);
    expect(curl.out).toContain('"code":"unauthorised"');
    const programs = [[process.execPath, 'node.mjs'] as const, ...(python ? [[python, 'python.py'] as const] : [])];
    for (const [command, file] of programs) {
      const { code, err } = await runExample(command, file);
      expect(code).toBe(1);
      expect(err).toMatch(/^unauthorised: /);
    }
  });
});

interface Compose {
  readonly services: {
    readonly rostro: {
      readonly build: { readonly context: string; readonly dockerfile: string };
      readonly ports: readonly string[];
      readonly volumes: readonly string[];
    };
  };
  readonly volumes: Record<string, null>;
}

describe('compose.yaml', () => {
  const { services, volumes } = parse(read('compose.yaml')) as Compose;
  const { build, ports, volumes: mounts } = services.rostro;
  const containerfile = resolve(examples, build.context, build.dockerfile);

  it('builds the Containerfile and publishes its port to this machine only', () => {
    expect(existsSync(containerfile)).toBe(true);
    const port = environmentOf(containerfile).get('PORT');
    expect(ports).toEqual([`127.0.0.1:${port}:${port}`]);
  });

  it('keeps the data folder of the image in a volume', () => {
    expect(mounts).toEqual([`${Object.keys(volumes)[0]}:${environmentOf(containerfile).get('ROSTRO_DATA')}`]);
  });
});

function environmentOf(file: string): Map<string, string> {
  const instructions = parseContainerfile(readFileSync(file, 'utf8')).flatMap((stage) => stage.instructions);
  return new Map(instructions.filter(({ keyword }) => keyword === 'ENV').flatMap(({ text }) => [...parseEnv(text)]));
}

interface HomeAssistant {
  readonly automation: readonly {
    readonly id: string;
    readonly triggers: readonly { readonly trigger: string; readonly topic: string }[];
    readonly conditions: readonly { readonly value_template: string }[];
  }[];
}

describe('home-assistant.yaml', () => {
  const text = read('home-assistant.yaml');
  const { automation } = parse(text) as HomeAssistant;

  it('listens to the events of a camera', () => {
    const { events } = topicsOf({ url: 'mqtt://broker', prefix: 'rostro', discovery: null }).camera('door');
    expect(automation.flatMap(({ triggers }) => triggers)).toEqual([
      { trigger: 'mqtt', topic: events },
      { trigger: 'mqtt', topic: events },
    ]);
  });

  it('uses types and fields that an event has', () => {
    const types = automation.map(({ conditions }) => /event_type == '(\w+)'/.exec(conditions[0].value_template)?.[1]);
    expect(types).toEqual(['appeared', 'unknown']);
    expect(EVENT_TYPES).toEqual(expect.arrayContaining(types));
    const fields = new Set([...text.matchAll(/payload_json\.(\w+)/g)].map(([, field]) => field));
    expect(Object.keys({ ...cameraEventSchema.shape, event_type: 0, repeated: 0 })).toEqual(
      expect.arrayContaining([...fields]),
    );
  });
});
