import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer } from '../../helpers/server.js';
import { hasChromium, needsChromium } from '../../helpers/browser/browser.js';
import { dropFiles, jpeg } from '../../helpers/browser/files.js';
import { startSession, type Session } from '../../helpers/browser/session.js';

const LONG_NAME = `Wolfeschlegelsteinhausenbergerdorff ${'x'.repeat(60)}`;

/** The pages in other languages, colours and widths, without JavaScript, and without a server. */
describe.skipIf(!hasChromium)(`the pages under other conditions${needsChromium}`, () => {
  let session: Session;
  beforeAll(async () => {
    session = await startSession();
    await session.enrol('Ada Lovelace', session.photos.portrait);
    await session.enrol(LONG_NAME, session.photos.otherPerson);
  });
  afterAll(() => session.close());

  const theme = (page: Page) => page.locator('html').getAttribute('data-bs-theme');

  it('speaks the language of the browser, until another is chosen', async () => {
    const { page, errors } = await session.open('/', { locale: 'es-ES' });
    await page.getByRole('heading', { name: 'Personas registradas' }).waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('es');
    expect(await page.title()).toBe('Personas · Rostro');
    await page.getByText('2 personas', { exact: true }).waitFor();
    await dropFiles(page, 'main', [jpeg('Nadie.jpg', session.photos.landscape)]);
    await page.getByText('No se encontró ninguna cara.').waitFor();
    await page.locator('.uploads-sentence', { hasText: '1 rechazada' }).waitFor();

    await page.getByLabel('Idioma').selectOption('English');
    await page.getByRole('heading', { name: 'Enrolled people' }).waitFor();
    await page.goto(`${session.server.url}/compare.html`);
    await page.getByRole('heading', { name: 'Compare two photos' }).waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
    expect(errors).toEqual([]);
  });

  it('is dark where the system is, until another theme is chosen', async () => {
    const { page } = await session.open('/', { colorScheme: 'dark' });
    expect(await theme(page)).toBe('dark');
    const body = page.locator('body');
    const background = () => body.evaluate((element) => getComputedStyle(element).backgroundColor);
    expect(await background()).toBe('rgb(16, 22, 23)');
    await page.getByRole('button', { name: 'Theme: like the system' }).click();
    await page.getByRole('button', { name: 'Theme: light' }).waitFor();
    expect(await theme(page)).toBe('light');
    await page.reload();
    expect(await theme(page)).toBe('light');
    expect(await background()).toBe('rgb(246, 248, 248)');
  });

  it.each(['/', '/compare.html'])('fits %s on a phone 360 pixels wide', async (path) => {
    const { page } = await session.open(path, { viewport: { width: 360, height: 740 }, locale: 'es-ES' });
    await page.locator('#footer .status').waitFor();
    if (path === '/') {
      await page.getByRole('heading', { name: LONG_NAME }).waitFor();
      await dropFiles(page, 'main', [
        jpeg('The whole team of nineteen eighty-four at the lake.jpg', session.photos.group),
        jpeg(`${'y'.repeat(80)}.jpg`, session.photos.landscape),
      ]);
      await page.getByRole('button', { name: 'Cara 2 de 2' }).click();
      await page.getByRole('button', { name: 'Cambiar el nombre de Ada Lovelace' }).click();
    }
    expect(await page.locator('html').evaluate(({ scrollWidth }: { scrollWidth: number }) => scrollWidth)).toBe(360);
  });

  it('enrols without JavaScript: the form is answered with a page', async () => {
    const { page } = await session.open('/', { javaScriptEnabled: false });
    await page.locator('noscript .alert').waitFor();
    expect(await page.locator('#go-live').isVisible()).toBe(false);
    await page
      .locator('#photos')
      .setInputFiles([
        jpeg('Grace Hopper.jpg', session.photos.otherPerson),
        jpeg('Nobody here.jpg', session.photos.landscape),
      ]);
    await page.getByRole('button', { name: 'Enrol' }).click();
    await page.getByText('Grace Hopper').waitFor();
    await page.getByText('Nobody here.jpg').waitFor();
    expect(await session.names()).toContain('Grace Hopper');
    await page.locator('a[href="./"]').click();
    await page.getByRole('heading', { name: 'People', exact: true }).waitFor();
  });
});

describe.skipIf(!hasChromium)(`a server that goes away and comes back${needsChromium}`, () => {
  let session: Session;
  let dataDir: string;
  beforeAll(async () => {
    session = await startSession();
    dataDir = await mkdtemp(join(tmpdir(), 'rostro-'));
  });
  afterAll(async () => {
    await session.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('says so, keeps the photos, and goes on by one button', async () => {
    const settings = { DETECTOR: 'ssd', EMBEDDER: 'face-api', ROSTRO_DATA: dataDir };
    const first = await startServer(settings);
    const { page } = await session.open('/');
    await page.goto(first.url);
    await page.getByText('Nobody is enrolled yet').waitFor();
    await page.locator('.import-way').first().waitFor();
    await first.close();

    await dropFiles(page, 'main', [jpeg('Ada Lovelace.jpg', session.photos.portrait)]);
    const uploads = page.locator('#uploads');
    await uploads.getByText('The server cannot be reached.').waitFor();
    await page.getByRole('searchbox').fill('a');
    await page.locator('#people').getByText('The server cannot be reached.').waitFor();

    const second = await startServer({ ...settings, PORT: new URL(first.url).port });
    await uploads.getByRole('button', { name: 'Try again' }).click();
    await uploads.getByText('Enrolled as Ada Lovelace').waitFor();
    await page.getByRole('heading', { name: 'Ada Lovelace' }).waitFor();
    expect(await page.getByText('The server cannot be reached.').count()).toBe(0);
    await second.close();
  });

  it('waits by itself while the server is loading', async () => {
    const { page } = await session.open('/');
    await page.getByText('Nobody is enrolled yet').waitFor();
    await page.locator('.import-way').first().waitFor();
    let loading = true;
    const notReady = { error: { code: 'not_ready', message: 'Loading.', details: {} }, requestId: 'x' };
    await page.route(/\/(people\?|upload)/, (route) =>
      loading ? route.fulfill({ status: 503, json: notReady }) : route.continue(),
    );
    await page.getByRole('searchbox').fill('z');
    await page.locator('#people').getByText('The server is still loading its networks.').waitFor();
    await dropFiles(page, 'main', [jpeg('Nobody here.jpg', session.photos.landscape)]);
    await page.locator('#uploads').getByText('The server is still loading its networks.').waitFor();
    loading = false;
    await page.getByText('Nobody’s name contains “z”.').waitFor();
    await page.getByText('No face was found.').waitFor();
    expect(await page.getByText('The server is still loading its networks.').count()).toBe(0);
  });
});
