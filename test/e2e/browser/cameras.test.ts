import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasFfmpeg, makeVideo, needsFfmpeg } from '../../helpers/video.js';
import { findings } from '../../helpers/browser/axe.js';
import { hasChromium, needsChromium } from '../../helpers/browser/browser.js';
import { cutPhotos } from '../../helpers/browser/photos.js';
import { startSession, type Session } from '../../helpers/browser/session.js';

describe.skipIf(!hasChromium || !hasFfmpeg)(`the page Cameras${needsChromium}${needsFfmpeg}`, () => {
  let session: Session;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rostro-cameras-page-'));
    const photos = await cutPhotos();
    const video = join(folder, 'door.mp4');
    await makeVideo(video, [
      { photos: [], seconds: 3 },
      { photos: [photos.portrait], seconds: 90 },
    ]);
    const cameras = [
      { id: 'door', name: 'Front <b>door</b>', source: video, fps: 5 },
      { id: 'gone', name: 'Garage', source: 'rtsp://127.0.0.1:1/live' },
    ];
    const file = join(folder, 'cameras.json');
    await writeFile(file, JSON.stringify({ cameras }));
    session = await startSession([], { CAMERAS_FILE: file });
    await session.enrol('Ada Lovelace', photos.samePerson);
  });
  afterAll(async () => {
    await session.close();
    await rm(folder, { recursive: true });
  });

  it('shows pictures, who is there, why a camera shows nothing, and what has happened', async () => {
    const { page, errors, dialogs } = await session.open('/cameras.html');
    const door = page.locator('.camera').nth(0);
    await door.locator('.present-name', { hasText: 'Ada Lovelace' }).waitFor();
    expect(await door.locator('h3').innerText()).toBe('Front <b>door</b>');
    const picture = door.getByRole('img', { name: 'What the camera “Front <b>door</b>” sees now' });
    await expect.poll(() => picture.evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBe(640);
    const face = door.locator('img.present-face');
    await expect.poll(() => face.evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBeGreaterThan(50);
    const garage = page.locator('.camera').nth(1);
    await garage.getByText('Nothing listens at this address.').waitFor();
    expect(await garage.locator('.camera-words').innerText()).toMatch(/retrying|connecting/);
    await page.locator('.events', { hasText: 'Ada Lovelace appeared' }).waitFor();
    expect(await findings(page)).toEqual([]);
    expect([...errors, ...dialogs]).toEqual([]);
  });

  it('speaks Spanish, and fits a telephone', async () => {
    const { page } = await session.open('/cameras.html', { locale: 'es-ES', viewport: { width: 360, height: 740 } });
    await page.locator('.events', { hasText: 'Ada Lovelace apareció' }).waitFor();
    expect(await page.getByText('en directo').count()).toBe(1);
    await page.getByText('Nada escucha en esta dirección.').waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  });

  it('takes a wrong name away from the face that it still sees', async () => {
    const { page, errors } = await session.open('/cameras.html');
    const event = page.locator('.events li', { hasText: 'Ada Lovelace appeared' }).first();
    await event.getByRole('button', { name: 'Not Ada Lovelace' }).click();
    await event.getByText('This face does not get the name Ada Lovelace any more.').waitFor();
    expect(session.server.core.gallery.person('Ada Lovelace').negatives).toHaveLength(1);
    expect(errors).toEqual([]);
  });
});

describe.skipIf(!hasChromium)(`the page Cameras of a server without any${needsChromium}`, () => {
  it('says how to get some', async () => {
    const session = await startSession();
    const { page, errors } = await session.open('/cameras.html');
    await page.getByText('This server has no cameras yet').waitFor();
    expect(await page.getByText('CAMERAS_FILE=cameras.json').isVisible()).toBe(true);
    expect(errors).toEqual([]);
    await session.close();
  });
});
