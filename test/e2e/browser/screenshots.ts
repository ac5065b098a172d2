import { mkdir, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { startServer } from '../../helpers/server.js';
import { launchBrowser } from '../../helpers/browser/browser.js';
import { dropFiles, jpeg, text } from '../../helpers/browser/files.js';
import { cutPhotos, type Photos } from '../../helpers/browser/photos.js';

/** Photographs every state of the pages, to be looked at: `npx tsx test/e2e/browser/screenshots.ts [URL of a server]`. */
const folder = fileURLToPath(new URL('../../tmp/screenshots', import.meta.url));

const LOOKS = [
  { look: 'wide-light-en', width: 1280, height: 800, colorScheme: 'light', locale: 'en-GB' },
  { look: 'wide-dark-es', width: 1280, height: 800, colorScheme: 'dark', locale: 'es-ES' },
  { look: 'phone-light-es', width: 360, height: 740, colorScheme: 'light', locale: 'es-ES' },
  { look: 'phone-dark-en', width: 360, height: 740, colorScheme: 'dark', locale: 'en-GB' },
] as const;

type Shot = (state: string) => Promise<void>;

async function peopleStates(page: Page, shot: Shot, photos: Photos): Promise<void> {
  await page.goto('/');
  await page.locator('.empty').waitFor();
  await shot('empty');
  await uploading(page, shot, photos);
  await uploadResults(page, shot, photos);
  await listStates(page, shot);
}

async function uploading(page: Page, shot: Shot, photos: Photos): Promise<void> {
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route('**/upload', async (route) => {
    await held;
    await route.continue();
  });
  await dropFiles(page, '#upload', [
    jpeg('Ada Lovelace.jpg', photos.portrait),
    jpeg('Grace Hopper.jpg', photos.otherPerson),
    jpeg('Nobody here.jpg', photos.landscape),
    text('notes.txt'),
    jpeg('Both of them.jpg', photos.group),
    jpeg('IMG_20260301_120000.jpg', photos.samePerson),
  ]);
  await page.locator('.upload').nth(5).waitFor();
  await shot('uploading');
  release();
}

async function uploadResults(page: Page, shot: Shot, photos: Photos): Promise<void> {
  await page.locator('#uploads-total .progress').waitFor({ state: 'hidden' });
  await page.locator('.person').nth(1).waitFor();
  await shot('results');
  await page.locator('.face').nth(1).click();
  await shot('face-chosen');
  await page.locator('#uploads-clear').click();
  await page.locator('#name').fill('Ada Lovelace');
  await dropFiles(page, '#upload', [jpeg('another.jpg', photos.samePerson)]);
  await page.locator('.upload[data-state=enrolled]').waitFor();
  await page.locator('#uploads-clear').click();
}

async function listStates(page: Page, shot: Shot): Promise<void> {
  const ada = page.locator('.person', { hasText: 'Ada Lovelace' });
  await ada.locator('.person-meta').click();
  await ada.locator('.example').nth(1).waitFor();
  await page.locator('.person').nth(1).locator('.btn-icon').first().click();
  await shot('list');
  await ada.locator('.person-actions .btn-icon').nth(1).click();
  await page.locator('#confirm.show').waitFor();
  await shot('delete');
  await page.locator('#confirm [data-bs-dismiss]').click();
  await page.locator('#confirm').waitFor({ state: 'hidden' });
  await page.route('**/people?*', (route) => route.abort());
  await page.locator('#search').fill('a');
  await page.locator('#people-notice .alert').waitFor();
  await shot('server-gone');
  await page.unroute('**/people?*');
}

async function compareStates(
  page: Page,
  shot: Shot,
  { portrait, samePerson, group, landscape }: Photos,
): Promise<void> {
  await page.goto('/compare.html');
  await page.locator('#footer .status').waitFor();
  await shot('compare-empty');
  await dropFiles(page, '.slot >> nth=0', [jpeg('a.jpg', portrait), jpeg('b.jpg', samePerson)]);
  await page.locator('[data-same=true]').waitFor();
  await shot('compare-same');
  await page
    .locator('.slot input')
    .nth(0)
    .setInputFiles([jpeg('group.jpg', group)]);
  await page
    .locator('.slot input')
    .nth(1)
    .setInputFiles([jpeg('c.jpg', landscape)]);
  await page.locator('.slot-sentence.bad').waitFor();
  await shot('compare-no-face');
}

async function withoutJavaScript(page: Page, shot: Shot, { portrait, landscape }: Photos): Promise<void> {
  await page.goto('/');
  await shot('plain-form');
  await page.locator('#photos').setInputFiles([jpeg('Ada Lovelace.jpg', portrait), jpeg('Nobody.jpg', landscape)]);
  await page.locator('#enrol').click();
  await page.getByText('Ada Lovelace').waitFor();
  await shot('plain-answer');
}

async function photograph(browser: Browser, baseURL: string, photos: Photos): Promise<void> {
  for (const { look, width, height, colorScheme, locale } of LOOKS) {
    const options = { baseURL, viewport: { width, height }, colorScheme, locale };
    const shotOf =
      (page: Page): Shot =>
      async (state) => {
        await page.screenshot({ path: `${folder}/${state}-${look}.png`, fullPage: state !== 'delete' });
      };
    const context = await browser.newContext(options);
    const page = await context.newPage();
    await peopleStates(page, shotOf(page), photos);
    await compareStates(page, shotOf(page), photos);
    const plain = await browser.newContext({ ...options, javaScriptEnabled: false });
    const plainPage = await plain.newPage();
    await withoutJavaScript(plainPage, shotOf(plainPage), photos);
    for (const name of ['Ada Lovelace', 'Grace Hopper']) {
      await page.request.delete(`/people/${encodeURIComponent(name)}`);
    }
    await plain.close();
    await context.close();
  }
}

await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
const running: string | undefined = process.argv.at(2);
const server = running === undefined ? await startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api' }) : null;
const browser = await launchBrowser();
try {
  await photograph(browser, running ?? server?.url ?? '', await cutPhotos());
} finally {
  await browser.close();
  await server?.close();
}
