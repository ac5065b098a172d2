import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { startServer, type TestServer } from '../../helpers/server.js';
import { launchBrowser } from '../../helpers/browser/browser.js';
import { cameraPicture, fakeCamera } from '../../helpers/browser/fake-camera.js';
import { cutPhotos, type Photos } from '../../helpers/browser/photos.js';
import { startProxy, type TestProxy } from '../../helpers/browser/proxy.js';

/** Photographs every state of the live page, to be looked at: `npx tsx test/e2e/browser/screenshots-live.ts`. */
const folder = fileURLToPath(new URL('../../tmp/screenshots', import.meta.url));

const LOOKS = [
  { look: 'wide-light-en', viewport: { width: 1280, height: 800 }, colorScheme: 'light', locale: 'en-GB' },
  { look: 'wide-dark-es', viewport: { width: 1280, height: 800 }, colorScheme: 'dark', locale: 'es-ES' },
  { look: 'phone-light-es', viewport: { width: 360, height: 740 }, colorScheme: 'light', locale: 'es-ES' },
  { look: 'phone-dark-en', viewport: { width: 360, height: 740 }, colorScheme: 'dark', locale: 'en-GB' },
] as const;

type Look = (typeof LOOKS)[number];
type Shot = (state: string) => Promise<void>;

async function runningStates(page: Page, shot: Shot): Promise<void> {
  await page.locator('#footer .status').waitFor();
  await shot('start');
  await page.locator('#start').click();
  await page.locator('.face-item').nth(1).waitFor();
  await page.locator('#meter-rate').filter({ hasText: /\d/ }).waitFor();
  await shot('running');
  await page.locator('#threshold-slider').fill('0.82');
  await page.locator('.face-item[data-certainty=doubtful]').waitFor();
  await shot('doubtful');
  await page.locator('#threshold-slider').fill('0.96');
  await shot('threshold-moved');
  await page.locator('#threshold-reset').click();
  await enrolStates(page, shot);
}

async function enrolStates(page: Page, shot: Shot): Promise<void> {
  await page.locator('.face-item[data-certainty=unknown] button').click();
  await page.locator('#enrol.show').waitFor();
  await page.waitForTimeout(400);
  await shot('enrol');
  await page.locator('#enrol-name').fill('../Grace');
  await page.locator('#enrol-yes').click();
  await page.locator('.enrol-status.bad').waitFor();
  await shot('enrol-bad-name');
  await page.locator('#enrol-name').fill('Grace Hopper');
  await page.locator('#enrol-yes').click();
  await page.locator('#enrol-notice .alert').waitFor();
  await page.locator('.seen-person').nth(1).waitFor();
  await page.waitForTimeout(400);
  await shot('enrolled');
}

async function troubleStates(page: Page, proxy: TestProxy, shot: Shot): Promise<void> {
  proxy.become('gone');
  await page.locator('#live[data-server=unreachable]').waitFor();
  await page.locator('#faces-empty').waitFor();
  await shot('server-gone');
  proxy.become('loading');
  await page.locator('#live[data-server=not_ready]').waitFor();
  await shot('not-ready');
  proxy.become('open');
  await page.locator('#live[data-server=ok]').waitFor();
  await page.keyboard.press('q');
  await page.locator('#live[data-camera=stopped]').waitFor();
  await shot('stopped');
}

/** The states without a picture, each by what the browser says. */
async function closedStates(page: Page, shot: Shot): Promise<void> {
  const refusals = {
    NotAllowedError: 'refused',
    NotFoundError: 'none',
    NotReadableError: 'busy',
    EncodingError: 'failed',
  };
  for (const [name, state] of Object.entries(refusals)) {
    await page.evaluate((error) => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', error));
    }, name);
    await page.locator('#start').click();
    await page.locator(`#live[data-camera=${state}]`).waitFor();
    await shot(state);
  }
  await page.evaluate(() => {
    navigator.mediaDevices.getUserMedia = () => new Promise(() => undefined);
  });
  await page.locator('#start').click();
  await shot('starting');
}

async function photograph(browser: Browser, proxy: TestProxy, { look, ...options }: Look): Promise<void> {
  const context = await browser.newContext({ deviceScaleFactor: 1, ...options });
  const page = await context.newPage();
  const shot: Shot = async (state) => {
    await page.screenshot({ path: `${folder}/live-${state}-${look}.png`, fullPage: true });
  };
  await page.goto(`${proxy.url}/live.html`);
  await runningStates(page, shot);
  await troubleStates(page, proxy, shot);
  await closedStates(page, shot);
  await page.goto(`${proxy.url.replace('localhost', 'insecure.test')}/live.html`);
  await page.locator('#live[data-camera=insecure]').waitFor();
  await shot('insecure');
  await page.request.delete(`${proxy.url}/people/Grace%20Hopper`);
  await context.close();
}

async function enrol(server: TestServer, name: string, photo: Buffer): Promise<void> {
  const body = new FormData();
  body.append('name', name);
  body.append('file', new Blob([new Uint8Array(photo)]), 'photo.jpg');
  await fetch(`${server.url}/upload`, { method: 'POST', body });
}

async function cameraOf({ portrait, otherPerson }: Photos) {
  const picture = await cameraPicture([
    { photo: portrait, left: 20, top: 40, height: 320 },
    { photo: otherPerson, left: 340, top: 120, height: 320 },
  ]);
  return fakeCamera([{ picture, frames: 30 }]);
}

await mkdir(folder, { recursive: true });
const photos = await cutPhotos();
const camera = await cameraOf(photos);
const server = await startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api' });
const proxy = await startProxy(server.url);
const browser = await launchBrowser([...camera.args, '--host-resolver-rules=MAP insecure.test 127.0.0.1']);
try {
  await enrol(server, 'Ada Lovelace', photos.samePerson);
  const wanted = process.argv.at(2) ?? '';
  for (const look of LOOKS) if (look.look.includes(wanted)) await photograph(browser, proxy, look);
} finally {
  await browser.close();
  await proxy.close();
  await server.close();
  await camera.remove();
}
