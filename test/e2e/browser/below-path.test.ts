import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKey } from '../../helpers/access.js';
import { hasChromium, needsChromium } from '../../helpers/browser/browser.js';
import { startSession, type Session } from '../../helpers/browser/session.js';
import { page as html, WebServer } from '../../helpers/web-server.js';

describe.skipIf(!hasChromium)(`the pages below a path${needsChromium}`, () => {
  let session: Session;
  let home: WebServer;
  let key: string;
  beforeAll(async () => {
    home = await WebServer.start();
    const camera = ['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream'];
    // The same site on another port, as Home Assistant is.
    session = await startSession(camera, {
      BASE_PATH: '/faces',
      WORKERS: '1',
      FRAME_ANCESTORS: home.origin.replace('127.0.0.1', 'localhost'),
    });
    await session.enrol('Ada', session.photos.portrait);
    ({ key } = await createKey(session.server.dataDir, 'admin'));
  });
  afterAll(async () => {
    await session.close();
    await home.stop();
  });

  it('log in, list people, and lead to each other', async () => {
    const { page, errors } = await session.open('/faces/');
    await page.waitForURL('**/faces/login.html?back=%2Ffaces%2F');
    await page.fill('#key', key);
    await page.click('#submit');
    await page.waitForURL('**/faces/');
    await page.waitForSelector('.person img');
    const shown = await page
      .locator('.person img')
      .first()
      .evaluate((image: HTMLImageElement) => image.decode().then(() => image.src));
    expect(new URL(shown).pathname).toMatch(/^\/faces\/people\/Ada\//);
    for (const link of ['live.html', 'compare.html', 'help/people-and-privacy.html']) {
      expect(await page.locator(`#header a[href="${link}"]`).evaluate((a: HTMLAnchorElement) => a.pathname)).toBe(
        `/faces/${link}`,
      );
    }
    expect(errors).toEqual([]);
  });

  it('watch the camera in a frame, after a login there', async () => {
    const frame = `<iframe src="${session.server.url}/faces/live.html" allow="camera" width="900" height="700"></iframe>`;
    home.on('/', html(frame));
    const { page, errors } = await session.open('/faces/login.html');
    await page.goto(home.origin.replace('127.0.0.1', 'localhost'));
    const inside = page.frameLocator('iframe');
    await inside.locator('#key').fill(key);
    const opened = page.waitForEvent('websocket');
    await inside.locator('#submit').click();
    await inside.getByRole('button', { name: 'Start the camera' }).click();
    await inside.locator('#live[data-camera=running]').waitFor();
    expect(new URL((await opened).url()).pathname).toBe('/faces/live');
    expect(errors).toEqual([]);
  });
});
