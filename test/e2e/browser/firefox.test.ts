import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasFirefox, launchFirefox, needsFirefox } from '../../helpers/browser/browser.js';
import { twoPeople } from '../../helpers/browser/live.js';
import { cutPhotos, type Photos } from '../../helpers/browser/photos.js';
import { faceOf, sightingOf } from '../../helpers/sightings.js';
import { startServer, type TestServer } from '../../helpers/server.js';

const WAIT_MS = 90_000;

/** The main ways through the app in Firefox; the other tests of pages run in Chromium. */
describe.skipIf(!hasFirefox)(`the app in Firefox${needsFirefox}`, () => {
  let server: TestServer;
  let firefox: Browser;
  let photos: Photos;
  let folder: string;
  const errors: string[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rostro-firefox-'));
    [server, firefox, photos] = await Promise.all([
      startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api', HISTORY_DAYS: '7' }),
      launchFirefox(),
      cutPhotos(),
    ]);
  }, 120_000);
  afterAll(async () => {
    await firefox.close();
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function open(path: string): Promise<Page> {
    const page = await firefox.newPage();
    page.setDefaultTimeout(WAIT_MS);
    page.on('pageerror', (error) => errors.push(String(error)));
    await page.setViewport({ width: 1280, height: 900 });
    if (path === '/live.html') await page.evaluateOnNewDocument(playAsCamera, (await twoPeople()).toString('base64'));
    await page.goto(server.url + path);
    return page;
  }

  const names = () => server.core.gallery.people().map(({ name }) => name);

  it('enrols a photo', async () => {
    const page = await open('/');
    const path = join(folder, 'Ada Lovelace.jpg');
    await writeFile(path, photos.portrait);
    const chooser = await page.waitForSelector('input#photos');
    await chooser?.uploadFile(path);
    await page.locator('.person ::-p-text(Ada Lovelace)').wait();
    expect(names()).toEqual(['Ada Lovelace']);
    expect(errors).toEqual([]);
    await page.close();
  });

  it('names faces live, counts the frames of the camera, and shows no button over the picture', async () => {
    const page = await open('/live.html');
    await page.locator('#start').click();
    await page.locator('.face-name ::-p-text(Ada Lovelace)').wait();
    await page.locator('.face-name ::-p-text(Unknown)').wait();
    await page.waitForFunction(() => /^[1-9]/.test(document.querySelector('#meter-picture')?.textContent ?? ''));
    expect(await page.$eval('video', (video) => video.disablePictureInPicture)).toBe(true);
    await page.locator('#stop').click();
    expect(errors).toEqual([]);
    await page.close();
  });

  it('names a stranger who was seen', async () => {
    const face = { ...faceOf(), crop: photos.otherPerson };
    await server.core.history.store.add(sightingOf({ person: null, at: new Date() }), face, () => true);
    const page = await open('/seen.html');
    const stranger = await page.waitForSelector('.sighting ::-p-text(Stranger)');
    await stranger?.evaluate((name) => name.closest('.sighting')?.querySelector('summary')?.click());
    await page.locator('.sighting details[open] input').fill('Grace Hopper');
    await page.keyboard.press('Enter');
    await page.locator('.sighting-name ::-p-text(Grace Hopper)').wait();
    expect(names()).toContain('Grace Hopper');
    expect(errors).toEqual([]);
    await page.close();
  });

  it('takes attendance from a photo', async () => {
    const page = await open('/attendance.html');
    await page.locator('::-p-text(Start)').click();
    await page.locator('#count ::-p-text(0 of 2 present)').wait();
    const path = join(folder, 'room.jpg');
    await writeFile(path, photos.portrait);
    const chooser = await page.waitForSelector('input#photos');
    await chooser?.uploadFile(path);
    await page.locator('#count ::-p-text(1 of 2 present)').wait();
    expect(errors).toEqual([]);
    await page.close();
  });

  it('changes a setting, and shows the page of a person', async () => {
    const page = await open('/server.html#settings');
    await page.locator('[data-setting="RETENTION_DAYS"] ::-p-text(Switch on)').click();
    await page.locator('::-p-text(Enrolled photos are erased after 365 days.)').wait();
    await page.goto(`${server.url}/person.html?name=Ada%20Lovelace`);
    await page.locator('::-p-text(Quality)').wait();
    expect(errors).toEqual([]);
    await page.close();
  });
});

/** Runs in the page: `getUserMedia` returns a video of this picture. The empty page before it has no cameras. */
function playAsCamera(picture: string): void {
  if (location.protocol !== 'http:') return;
  navigator.mediaDevices.getUserMedia = async () => {
    const image = new Image();
    image.src = `data:image/jpeg;base64,${picture}`;
    await image.decode();
    const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 480 });
    const context = canvas.getContext('2d');
    setInterval(() => {
      context?.drawImage(image, 0, 0);
      context?.fillRect(0, 0, 1, Math.random() * 5);
    }, 33);
    return canvas.captureStream(30);
  };
}
