import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { PARTS } from '../public/js/live/meter.js';
import { hasChromium, launchBrowser } from '../test/helpers/browser/browser.js';
import { fakeCamera } from '../test/helpers/browser/fake-camera.js';
import { startServer, type TestServer } from '../test/helpers/server.js';
import { sharedPath } from '../test/helpers/shared.js';
import { cameraFrames } from '../test/helpers/camera.js';
import { quantile } from './support/harness.js';

/**
 * Performance of the live page: frames per second and latency as shown by its own meter, over the last 30 responses, in
 * Chromium on the server's machine with a moving camera, in turn
 * - one request per frame without a session: every frame is searched, every face embedded,
 * - one request per frame with a session, the page's fallback,
 * - the WebSocket.
 * MTCNN and FaceNet with default settings, or DETECTOR and EMBEDDER. The browser shares the cores.
 *
 *   npx tsx bench/live-page.ts
 */
const ROUNDS = 5;
const MEASURE_MS = 5000;

/** Script for each mode, evaluated in the page before its own scripts. */
const WAYS: Readonly<Record<string, string>> = {
  'a request each, no session': `
    delete window.WebSocket;
    const ask = window.fetch;
    window.fetch = (url, options) => ask(String(url).split('?session=')[0], options);`,
  'a request each, in a session': 'delete window.WebSocket;',
  WebSocket: '',
};

interface Reading {
  readonly rate: number;
  readonly latency: number;
  readonly parts: Readonly<Record<string, number>>;
}

async function measure(browser: Browser, server: TestServer, script: string): Promise<Reading> {
  const context = await browser.newContext({ locale: 'en-GB' });
  const page = await context.newPage();
  await page.addInitScript(script);
  await page.goto(`${server.url}/live.html`);
  await page.locator('#start').click();
  await page.locator('.face-item').first().waitFor();
  await page.waitForTimeout(MEASURE_MS);
  const reading = await readMeter(page);
  await context.close();
  return reading;
}

async function readMeter(page: Page): Promise<Reading> {
  const number = (text: string | null) => Number.parseFloat((text ?? '').replace(',', ''));
  const read = async (selector: string) => number(await page.locator(selector).textContent());
  const parts: Record<string, number> = {};
  for (const part of PARTS) parts[part] = await read(`.meter-parts dd[data-part=${part}]`);
  return { rate: await read('#meter-rate'), latency: await read('#meter-latency'), parts };
}

function show(readings: Readonly<Record<string, readonly Reading[]>>): void {
  const median = (values: readonly number[]) => Number(quantile(values, 0.5).toPrecision(3));
  const rows = Object.entries(readings).map(([way, list]) => ({
    way,
    'frames/s': median(list.map(({ rate }) => rate)),
    from: Math.min(...list.map(({ rate }) => rate)),
    to: Math.max(...list.map(({ rate }) => rate)),
    'latency, ms': median(list.map(({ latency }) => latency)),
    ...Object.fromEntries(
      Object.keys(list[0].parts).map((part) => [part, median(list.map(({ parts }) => parts[part]))]),
    ),
  }));
  console.table(rows);
  console.log(JSON.stringify({ bench: 'live-page', rows }));
}

async function dataFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rostro-bench-'));
  for (const name of ['model', 'npy']) {
    await symlink(sharedPath('models', name), join(folder, name));
  }
  return folder;
}

if (!hasChromium) throw new Error('needs Chromium on the PATH or in CHROMIUM');
const frames = await cameraFrames(sharedPath('images', 'ivan.jpg'), 180);
const camera = await fakeCamera(frames.map((picture) => ({ picture, frames: 2 })));
const dataDir = await dataFolder();
const { DETECTOR = 'auto', EMBEDDER = 'auto' } = process.env;
const server = await startServer({ DETECTOR, EMBEDDER, ROSTRO_DATA: dataDir });
const browser = await launchBrowser(camera.args);
try {
  const readings: Record<string, Reading[]> = {};
  for (let round = 0; round < ROUNDS; round++) {
    for (const [way, script] of Object.entries(WAYS)) {
      (readings[way] ??= []).push(await measure(browser, server, script));
    }
  }
  show(readings);
} finally {
  await browser.close();
  await server.close();
  await camera.remove();
  await rm(dataDir, { recursive: true, force: true });
}
