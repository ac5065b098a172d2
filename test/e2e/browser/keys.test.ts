import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKey } from '../../helpers/access.js';
import { findings } from '../../helpers/browser/axe.js';
import { hasChromium, launchBrowser, needsChromium } from '../../helpers/browser/browser.js';
import { CAMERA } from '../../helpers/browser/fake-camera.js';
import { faceNamed, startLive, twoPeople, type LiveTestSession } from '../../helpers/browser/live.js';
import { boxOf } from '../../helpers/browser/overlay.js';
import { cutPhotos } from '../../helpers/browser/photos.js';
import { openPage } from '../../helpers/browser/session.js';
import { startServer, type TestServer } from '../../helpers/server.js';

const RECOGNISE_PAGES = ['Live', 'Verify', 'Compare'];
const ENROL_PAGES = ['People', 'Live', 'Verify', 'Attendance', 'Cameras', 'Compare'];

describe.skipIf(!hasChromium)(`keys in the browser${needsChromium}`, () => {
  let server: TestServer;
  let browser: Browser;
  let adminKey: string;
  beforeAll(async () => {
    [server, browser] = await Promise.all([startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api' }), launchBrowser()]);
    const { portrait } = await cutPhotos();
    const body = new FormData();
    body.append('name', 'Ada Lovelace');
    body.append('file', new Blob([new Uint8Array(portrait)]), 'photo.jpg');
    await fetch(`${server.url}/upload`, { method: 'POST', body });
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  const open = (path: string, options: BrowserContextOptions = {}) => openPage(browser, server.url + path, options);
  const pagesOf = (page: Page) => page.locator('#header nav a:visible').allInnerTexts();

  async function logIn(page: Page, key: string): Promise<void> {
    await page.waitForURL(/\/login\.html/);
    await page.getByLabel('Access key').fill(key);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.waitForURL((url) => !url.pathname.endsWith('login.html'));
  }

  async function openAsAdmin(path: string, options: BrowserContextOptions = {}) {
    const opened = await open(path, options);
    await logIn(opened.page, adminKey);
    return opened;
  }

  it('closes an open server with an admin key, and logs in with it at once', async () => {
    const { page, errors } = await open('/server.html#keys');
    expect(await pagesOf(page)).toContain('Server');
    await page.getByRole('heading', { name: 'This server is open' }).waitFor();
    expect(await findings(page)).toEqual([]);
    await page.getByLabel('Name').fill('My laptop');
    await page.getByRole('button', { name: 'Make the first key and log in' }).click();
    await page.locator('#key-made').getByText('The server now needs a key.').waitFor();
    adminKey = await page.getByRole('textbox', { name: 'The key “My laptop”' }).inputValue();
    expect(adminKey).toMatch(/^rostro_[0-9a-f]{8}_[0-9a-f]{48}$/);
    await page.locator('.key-item', { hasText: 'this login' }).waitFor();
    expect(await page.locator('#log-in-key').innerText()).toMatch(/My laptop\s+administrator/);
    expect(await findings(page)).toEqual([]);
    await page.getByRole('button', { name: 'I have it' }).click();
    expect(await page.content()).not.toContain(adminKey);
    await page.reload();
    await page.locator('.key-item', { hasText: 'My laptop' }).waitFor();
    expect(errors).toEqual([]);
    const { page: other } = await open('/');
    await logIn(other, adminKey);
    await other.getByRole('button', { name: 'Delete Ada Lovelace' }).waitFor();
  });

  it('makes a recognise key with an expiry, which leads to Live and offers what it may do', async () => {
    const { page } = await openAsAdmin('/server.html#keys');
    await page.locator('.key-item').first().waitFor();
    await page.getByText('New key').click();
    await page.getByLabel('Name').fill('Front door');
    await page.getByLabel('Expires').selectOption('30');
    expect(await findings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Make the key' }).click();
    const key = await page.getByRole('textbox', { name: 'The key “Front door”' }).inputValue();
    await page.locator('.key-item', { hasText: 'Front door' }).getByText('not since the server started').waitFor();

    const { page: door, errors } = await open('/');
    await logIn(door, key);
    await door.waitForURL(`${server.url}/live.html`);
    await door.getByText('may recognise').waitFor();
    expect(await pagesOf(door)).toEqual(RECOGNISE_PAGES);
    expect(await door.locator('#log-in-key').innerText()).toContain('Front door');
    expect(await findings(door)).toEqual([]);
    await door.goto(server.url);
    await door.waitForURL(`${server.url}/live.html`);
    expect(errors).toEqual([]);

    await page.getByRole('button', { name: 'Revoke the key Front door' }).click();
    await page.locator('#confirm-yes').click();
    await page.getByText('1 revoked or expired key').waitFor();
    await door.reload();
    await door.waitForURL(/\/login\.html/);
    expect(await pagesOf(door)).toEqual([]);
  });

  it('offers an enrol key people without erasing, and a key of a group what recognises', async () => {
    const enrol = await createKey(server.dataDir, 'enrol');
    const { page } = await open('/');
    await logIn(page, enrol.key);
    await page.locator('.person', { hasText: 'Ada Lovelace' }).waitFor();
    expect(await pagesOf(page)).toEqual(ENROL_PAGES);
    expect(await page.getByRole('button', { name: /(Delete|Rename|Merge) Ada/ }).count()).toBe(0);
    expect(await page.locator('#select').isVisible()).toBe(false);
    await page.locator('.person-link', { hasText: 'Ada Lovelace' }).click();
    await page.locator('.example').waitFor();
    expect(await page.locator('main button:visible, main form:visible').count()).toBe(0);

    const staff = await createKey(server.dataDir, 'admin', null, 'staff');
    const { page: ofStaff } = await open('/server.html');
    await logIn(ofStaff, staff.key);
    await ofStaff.waitForURL(`${server.url}/live.html`);
    await ofStaff.getByText('administrator · staff').waitFor();
    expect(await pagesOf(ofStaff)).toEqual(RECOGNISE_PAGES);
  });

  it('keeps the last admin key, and says why', async () => {
    const { page } = await openAsAdmin('/server.html#keys');
    await page.getByRole('button', { name: 'Revoke the key My laptop' }).click();
    await page.getByText('you are logged out at once').waitFor();
    await page.locator('#confirm-yes').click();
    await page.getByRole('alert').getByText('One valid admin key for all people must remain').waitFor();
  });

  it.each(['light', 'dark'] as const)('speaks Spanish and fits a telephone, in %s', async (colorScheme) => {
    const { page } = await open('/login.html?back=%2Fserver.html%23keys', {
      locale: 'es-ES',
      viewport: { width: 390, height: 800 },
      colorScheme,
    });
    await page.getByLabel('Clave de acceso').fill(adminKey);
    await page.getByRole('button', { name: 'Entrar' }).click();
    await page.getByText('Clave nueva').click();
    await page.getByLabel('Caduca').selectOption('date');
    await page.getByLabel('Último día').waitFor();
    expect(await findings(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  });
});

describe.skipIf(!hasChromium)(`the live page with small keys${needsChromium}`, () => {
  let session: LiveTestSession;
  beforeAll(async () => {
    session = await startLive([{ picture: await twoPeople(), frames: 30 }]);
  });
  afterAll(() => session.close());

  it.each([
    ['recognise', 0],
    ['enrol', 2],
  ] as const)('offers with the scope %s %i buttons to enrol or to correct', async (scope, buttons) => {
    const { key } = await createKey(session.server.dataDir, scope);
    const { page, errors } = await session.open('/login.html?back=%2Flive.html');
    await page.getByLabel('Access key').fill(key);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.locator('#start').click();
    await faceNamed(page, 'Ada Lovelace').waitFor();
    await faceNamed(page, 'Unknown').waitFor();
    expect(await page.locator('.face-item button:visible').count()).toBe(buttons);
    const face = await boxOf(page, 'Unknown');
    const canvas = (await page.locator('#stage canvas').boundingBox())!;
    await page.mouse.click(
      canvas.x + ((face.x + face.width / 2) / CAMERA.width) * canvas.width,
      canvas.y + ((face.y + face.height / 2) / CAMERA.height) * canvas.height,
    );
    // The dialog would be there by now.
    await page.waitForTimeout(1000);
    expect(await page.locator('#enrol.show').count()).toBe(buttons > 0 ? 1 : 0);
    expect(errors).toEqual([]);
    await session.closePages();
  });
});
