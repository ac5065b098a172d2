import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startServer } from '../../helpers/server.js';
import { hasChromium, needsChromium } from '../../helpers/browser/browser.js';
import {
  cameraUse,
  faceNamed,
  startCamera,
  startLive,
  twoPeople,
  watchStreams,
  type LiveTestSession,
} from '../../helpers/browser/live.js';
import { startProxy } from '../../helpers/browser/proxy.js';
import { startSession, type Session } from '../../helpers/browser/session.js';

const state = (page: Page, name: string) => page.locator(`#live[data-camera=${name}]`).waitFor();

/** Lets the camera fail as browsers do; what only hardware can cause. */
const failWith = (page: Page, errorName: string) =>
  page.evaluate((name) => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', name));
  }, errorName);

describe.skipIf(!hasChromium)(`the live page without a camera${needsChromium}`, () => {
  it('says that the permission was refused, and starts as soon as it is given', async () => {
    const session = await startSession(['--use-fake-device-for-media-stream']);
    const { page } = await session.open('/live.html');
    await page.locator('#start').click();
    await page.getByText('The camera was refused').waitFor();
    await page.getByText('Allow it in the settings of this page').waitFor();
    await page.getByRole('button', { name: 'Try again' }).click();
    await state(page, 'refused');
    await page.context().grantPermissions(['camera']);
    await state(page, 'running');
    await session.close();
  });

  it('says that there is none, and starts when one is plugged in', async () => {
    const session = await startSession(['--use-fake-ui-for-media-stream']);
    const { page } = await session.open('/live.html');
    await page.locator('#start').click();
    await page.getByText('No camera was found').waitFor();
    await page.getByText('the page starts by itself as soon as there is one').waitFor();
    await page.evaluate(() => {
      const stream = document.createElement('canvas').captureStream();
      const device = { kind: 'videoinput', deviceId: 'plugged', label: 'Plugged in' } as MediaDeviceInfo;
      navigator.mediaDevices.getUserMedia = () => Promise.resolve(stream);
      navigator.mediaDevices.enumerateDevices = () => Promise.resolve([device]);
      navigator.mediaDevices.dispatchEvent(new Event('devicechange'));
    });
    await state(page, 'running');
    await session.close();
  });

  it('says over plain HTTP from elsewhere that it cannot, and what to do', async () => {
    const session = await startSession(['--host-resolver-rules=MAP insecure.test 127.0.0.1'], { OPEN: '1' });
    const { page, errors } = await session.open('/live.html');
    await page.goto(`${session.server.url.replace('localhost', 'insecure.test')}/live.html`);
    await page.getByText('The camera needs a secure address').waitFor();
    await page.getByText('rostro serve --https', { exact: true }).waitFor();
    await page.getByText(`${session.server.url}/live.html`, { exact: true }).waitFor();
    expect(await page.locator('#start').count()).toBe(0);
    expect(errors).toEqual([]);
    await session.close();
  });
});

describe.skipIf(!hasChromium)(`the live page in trouble${needsChromium}`, () => {
  let session: LiveTestSession;
  beforeAll(async () => {
    session = await startLive([{ picture: await twoPeople(), frames: 30 }]);
  });
  afterEach(() => session.closePages());
  afterAll(() => session.close());

  it.each([
    ['NotReadableError', 'Another program probably uses it.'],
    ['AbortError', 'Another program probably uses it.'],
    ['EncodingError', 'The browser does not say why.'],
  ])('says what %s means, and starts by one button', async (errorName, sentence) => {
    const { page } = await session.open('/live.html');
    await failWith(page, errorName);
    await page.locator('#start').click();
    await page.getByText(sentence).waitFor();
    await page.evaluate(() => Reflect.deleteProperty(navigator.mediaDevices, 'getUserMedia'));
    await page.getByRole('button', { name: 'Try again' }).click();
    await faceNamed(page, 'Ada Lovelace').waitFor();
  });

  it('says that the camera was unplugged, and goes on when it is back', async () => {
    const { page } = await startCamera(session);
    await faceNamed(page, 'Ada Lovelace').waitFor();
    await page.locator('video').evaluate((video: HTMLVideoElement) => {
      const [track] = (video.srcObject as MediaStream).getTracks();
      track.dispatchEvent(new Event('ended'));
    });
    await page.getByText('The camera is gone').waitFor();
    expect(await page.locator('.face-item').count()).toBe(0);
    await page.evaluate(() => navigator.mediaDevices.dispatchEvent(new Event('devicechange')));
    await faceNamed(page, 'Ada Lovelace').waitFor();
  });

  it('says while the camera sends nothing', async () => {
    const { page } = await startCamera(session);
    const tell = (type: string) =>
      page.locator('video').evaluate((video: HTMLVideoElement, event) => {
        (video.srcObject as MediaStream).getTracks()[0].dispatchEvent(new Event(event));
      }, type);
    await tell('mute');
    await page.getByText('The camera sends no picture at the moment.').waitFor();
    await tell('unmute');
    await page.getByText('The camera sends no picture at the moment.').waitFor({ state: 'hidden' });
  });

  it('releases a camera that is allowed only after the reader has left it', async () => {
    const { page } = await session.open('/live.html');
    await watchStreams(page);
    await page.evaluate(() => {
      const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      const allowed = new Promise((resolve) => Object.assign(window, { allow: resolve }));
      navigator.mediaDevices.getUserMedia = (constraints) => allowed.then(() => ask(constraints));
    });
    await page.locator('#start').click();
    await page.getByText('Waiting for the camera').waitFor();
    await page.keyboard.press('q');
    await state(page, 'stopped');
    await page.evaluate(() => (window as unknown as { allow: () => void }).allow());
    await expect.poll(() => cameraUse(page)).toEqual({ source: false, tracks: ['ended'] });
    await state(page, 'stopped');
  });

  it('waits by itself while the server is loading', async () => {
    const proxy = await startProxy(session.server.url);
    const { page } = await session.open('/');
    await page.goto(`${proxy.url}/live.html`);
    proxy.become('loading');
    await page.locator('#start').click();
    await page.getByText('The server is still loading its networks.').waitFor();
    expect(await page.locator('.face-item').count()).toBe(0);
    proxy.become('open');
    await faceNamed(page, 'Ada Lovelace').waitFor();
    await page.getByText('The server is still loading its networks.').waitFor({ state: 'hidden' });
    await proxy.close();
  });

  it('sends nothing while the tab is hidden, has no connection then, and goes on when it is shown', async () => {
    const { page, sockets } = await startCamera(session);
    await faceNamed(page, 'Ada Lovelace').waitFor();
    const show = (visible: boolean) =>
      page.evaluate((shown) => {
        Object.defineProperty(document, 'hidden', { value: !shown, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
      }, visible);
    await show(false);
    await expect.poll(() => sockets.open).toBe(0);
    const { sent } = sockets;
    await page.waitForTimeout(1500);
    expect([sockets.sent, sockets.open, sockets.posts]).toEqual([sent, 0, []]);
    await show(true);
    await expect.poll(() => sockets.sent).toBeGreaterThan(sent + 1);
    await faceNamed(page, 'Ada Lovelace').waitFor();
  });
});

describe.skipIf(!hasChromium)(`the live page and its server${needsChromium}`, () => {
  let session: Session;
  let dataDir: string;
  beforeAll(async () => {
    session = await startLive([{ picture: await twoPeople(), frames: 30 }]);
    dataDir = await mkdtemp(join(tmpdir(), 'rostro-'));
  });
  afterAll(async () => {
    await session.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('says that the server is gone, takes the boxes away, and goes on by itself when it is back', async () => {
    const settings = { DETECTOR: 'ssd', EMBEDDER: 'face-api', ROSTRO_DATA: dataDir };
    const first = await startServer(settings);
    const { page } = await session.open('/');
    await page.goto(`${first.url}/live.html`);
    await page.locator('#start').click();
    await faceNamed(page, 'Unknown').first().waitFor();
    await first.close();
    await page.getByText('The server cannot be reached.').waitFor();
    await page.getByText('This page keeps trying.').waitFor();
    await page.getByText('No face at the moment.').waitFor();
    await state(page, 'running');

    const second = await startServer({ ...settings, PORT: new URL(first.url).port });
    await faceNamed(page, 'Unknown').first().waitFor();
    await page.getByText('This page keeps trying.').waitFor({ state: 'hidden' });
    await page.context().close();
    await second.close();
  });
});
