import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findings } from '../../helpers/browser/axe.js';
import { hasChromium, needsChromium } from '../../helpers/browser/browser.js';
import { startSession, type Session } from '../../helpers/browser/session.js';

/** The pages as an app: installed, without a connection, and as a target of sharing. */
describe.skipIf(!hasChromium)(`the installed app${needsChromium}`, () => {
  let session: Session;
  beforeAll(async () => {
    session = await startSession([], { BASE_PATH: '/faces' });
  });
  afterAll(() => session.close());

  const withWorker = async () => {
    const opened = await session.open('/faces/');
    await opened.page.waitForFunction(() => navigator.serviceWorker.controller !== null);
    return opened;
  };

  it('can be installed: Chromium finds nothing missing', async () => {
    const { page, errors } = await withWorker();
    const devtools = await page.context().newCDPSession(page);
    const { installabilityErrors } = await devtools.send('Page.getInstallabilityErrors');
    // A private window, as each test has one, cannot install.
    expect(installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== 'in-incognito')).toEqual([]);
    const { url, errors: faults } = await devtools.send('Page.getAppManifest');
    expect([new URL(url).pathname, faults]).toEqual(['/faces/manifest.webmanifest', []]);
    expect(errors).toEqual([]);
  });

  it('says in both languages that there is no connection, and comes back with it', async () => {
    const { page } = await withWorker();
    await page.context().setOffline(true);
    await page.goto(`${session.server.url}/faces/seen.html?day=2026-01-01`);
    await page.getByRole('heading', { name: 'Rostro cannot be reached' }).waitFor();
    await page.getByRole('heading', { name: 'No se puede acceder a Rostro' }).waitFor();
    expect(await findings(page)).toEqual([]);
    await page.goto(`${session.server.url}/faces/help/history.html`);
    expect(new URL(page.url()).pathname).toBe('/faces/offline.html');
    await page.context().setOffline(false);
    await page.getByRole('link', { name: 'Try again' }).click();
    await page.getByRole('heading', { name: 'People', exact: true }).waitFor();
  });

  it('keeps no reply of the server but those of the offline page', async () => {
    await session.enrol('Ada Lovelace', session.photos.portrait);
    const { page } = await withWorker();
    await page.reload();
    await page.locator('#people').waitFor();
    const kept = await page.evaluate(async () => {
      const names = await caches.keys();
      const all = await Promise.all(
        names.map(async (name) => (await (await caches.open(name)).keys()).map(({ url }) => url)),
      );
      return all.flat().map((url) => new URL(url).pathname);
    });
    expect(kept.sort()).toEqual(
      ['css/offline.css', 'css/rostro.css', 'img/logo.svg', 'js/early-theme.js', 'offline.html'].map(
        (path) => `/faces/${path}`,
      ),
    );
  });

  it('deletes the cache of an earlier version', async () => {
    const { page } = await withWorker();
    await page.evaluate(async () => {
      await caches.open('rostro-shell-0.0.1');
      const registration = await navigator.serviceWorker.getRegistration();
      await registration!.unregister();
    });
    await page.reload();
    await expect
      .poll(() => page.evaluate(async () => (await caches.keys()).filter((name) => name === 'rostro-shell-0.0.1')))
      .toEqual([]);
  });

  it('enrols photos that another app shares, and forgets them at once', async () => {
    const { page, errors } = await withWorker();
    await share(page, 'Grace Höpper.jpg', session.photos.otherPerson);
    await page.getByText('Grace Höpper').first().waitFor();
    await expect.poll(() => session.names()).toContain('Grace Höpper');
    expect(await page.evaluate(() => caches.has('rostro-shared'))).toBe(false);
    expect(new URL(page.url()).search).toBe('');
    expect(errors).toEqual([]);
  });
});

/** As Android does it: a form that is sent to the address of the manifest. */
async function share(page: Page, name: string, photo: Buffer): Promise<void> {
  await page.evaluate(() => {
    document.body.insertAdjacentHTML(
      'beforeend',
      '<form id="share" action="share" method="post" enctype="multipart/form-data"><input type="file" name="photos" multiple></form>',
    );
  });
  await page.locator('#share input').setInputFiles({ name, mimeType: 'image/jpeg', buffer: photo });
  await Promise.all([
    page.waitForURL((url) => !url.pathname.endsWith('/share')),
    page.evaluate(() => (document.getElementById('share') as HTMLFormElement).submit()),
  ]);
}
