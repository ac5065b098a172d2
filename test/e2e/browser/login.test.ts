import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KeyFile } from '../../../src/access/key-file.js';
import { createKey } from '../../helpers/access.js';
import { startServer, type TestServer } from '../../helpers/server.js';
import { findings } from '../../helpers/browser/axe.js';
import { hasChromium, launchBrowser, needsChromium } from '../../helpers/browser/browser.js';
import { dropFiles, jpeg } from '../../helpers/browser/files.js';
import { cutPhotos, type Photos } from '../../helpers/browser/photos.js';
import { openPage } from '../../helpers/browser/session.js';

describe.skipIf(!hasChromium)(`logging in${needsChromium}`, () => {
  let server: TestServer;
  let browser: Browser;
  let photos: Photos;
  let admin: { key: string; id: string };
  beforeAll(async () => {
    [server, browser, photos] = await Promise.all([
      startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api' }),
      launchBrowser(),
      cutPhotos(),
    ]);
    admin = await createKey(server.dataDir, 'admin');
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  const open = (path: string, options = {}) => openPage(browser, server.url + path, options);

  async function logIn(page: Page, key: string): Promise<void> {
    await page.waitForURL(/\/login\.html/);
    await page.getByLabel('Access key').fill(key);
    await page.getByRole('button', { name: 'Log in' }).click();
  }

  it('leads to the login and back, and every kind of change works: enrol, rename, delete', async () => {
    const { page, errors } = await open('/?x=1');
    await logIn(page, admin.key);
    await page.waitForURL(`${server.url}/?x=1`);
    await dropFiles(page, 'main', [jpeg('Ada Lovelace.jpg', photos.portrait)]);
    await page.locator('.upload[data-state=enrolled]').waitFor();
    await page.getByRole('button', { name: 'Delete Ada Lovelace' }).click();
    await page.locator('#confirm-yes').click();
    await page.locator('.person').waitFor({ state: 'detached' });
    expect(errors).toEqual([]);
  });

  it('says that a key is wrong, keeps it in the field, and logs out again', async () => {
    const { page } = await open('/compare.html');
    await logIn(page, 'rostro_00000000_nothing');
    await page.getByRole('alert').getByText('not a good key').waitFor();
    await logIn(page, admin.key);
    await page.waitForURL('**/compare.html');
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.waitForURL(/\/login\.html/);
    expect(await page.evaluate(() => fetch('/people').then(({ status }) => status))).toBe(401);
  });

  it('hides its cookie from scripts, and follows no address of another site', async () => {
    const { page } = await open('/login.html?back=//evil.example/');
    await logIn(page, admin.key);
    await page.waitForURL(`${server.url}/`);
    expect(await page.evaluate(() => document.cookie)).toBe('');
    const [cookie] = await page.context().cookies();
    expect(cookie).toMatchObject({
      name: 'rostro_session',
      httpOnly: true,
      sameSite: 'Strict',
      path: '/',
      expires: -1,
    });
  });

  it('ends with the key that it was made with', async () => {
    const { page } = await open('/');
    const other = await createKey(server.dataDir, 'enrol');
    await logIn(page, other.key);
    await page.locator('#people').waitFor({ state: 'attached' });
    await page.waitForURL(`${server.url}/`);
    await new KeyFile(`${server.dataDir}/.state`).revoke(other.id);
    await page.reload();
    await page.waitForURL(/\/login\.html/);
  });

  it('shows a name that looks like markup as text, on the page and in the list', async () => {
    const { page, dialogs } = await open('/');
    await logIn(page, admin.key);
    await page.waitForURL(`${server.url}/`);
    const name = '<img src=x onerror=alert(1)>';
    await page.locator('#name').fill(name);
    await dropFiles(page, 'main', [jpeg('a.jpg', photos.portrait)]);
    await page.locator('.person', { hasText: name }).waitFor();
    expect(await page.locator('img[src="x"]').count()).toBe(0);
    expect(dialogs).toEqual([]);
  });

  it.each(['light', 'dark'] as const)('has nothing that axe-core finds serious in %s', async (colorScheme) => {
    const { page } = await open('/login.html', { colorScheme });
    await page.getByLabel('Show the key').check();
    await logIn(page, 'wrong');
    await page.getByRole('alert').getByText('not a good key').waitFor();
    expect(await findings(page)).toEqual([]);
  });
});

describe.skipIf(!hasChromium)(`a server without keys${needsChromium}`, () => {
  it('has nothing to log in to, and says so', async () => {
    const [server, browser] = await Promise.all([
      startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api' }),
      launchBrowser(),
    ]);
    const { page } = await openPage(browser, `${server.url}/login.html`);
    await page.getByRole('link', { name: 'Go on without one' }).click();
    await page.waitForURL(`${server.url}/`);
    expect(await page.getByRole('button', { name: 'Log out' }).count()).toBe(0);
    await browser.close();
    await server.close();
  });
});
