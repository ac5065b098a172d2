import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HttpCamera } from '../../helpers/http-camera.js';
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

describe.skipIf(!hasChromium || !hasFfmpeg)(`adding a camera on the page${needsChromium}${needsFfmpeg}`, () => {
  const [USER, PASSWORD] = ['admin', 'n0t#t0/be?t0ld@5'];
  let session: Session;
  let camera: HttpCamera;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rostro-added-page-'));
    session = await startSession();
    const video = join(folder, 'door.ts');
    await makeVideo(video, [{ photos: [session.photos.portrait], seconds: 60 }]);
    camera = await HttpCamera.start(video, 60, USER, PASSWORD);
  });
  afterAll(async () => {
    await session.close();
    await camera.close();
    await rm(folder, { recursive: true });
  });

  it('shows a picture before it is saved, says what is wrong, and never shows the password again', async () => {
    const { page, errors, dialogs } = await session.open('/cameras.html');
    await page.getByText('Add one with the button above.').waitFor();
    await page.getByRole('button', { name: 'Add a camera' }).click();
    const form = page.locator('.camera-form');
    await form.getByLabel('Name', { exact: true }).fill('Front door');
    await form.getByLabel('Address', { exact: true }).fill('door.mp4');
    await form.getByRole('button', { name: 'Test' }).click();
    await form.getByText('The address must begin with').waitFor();
    expect(await findings(page)).toEqual([]);

    await form.getByLabel('Address', { exact: true }).fill(camera.address);
    await form.getByLabel('User (if it needs one)').fill(USER);
    await form.getByLabel('Password', { exact: true }).fill('wrong');
    await form.getByRole('button', { name: 'Test' }).click();
    await form.getByText('The user name or password is wrong.').waitFor();
    expect(await form.getByRole('button', { name: 'Save all the same' }).isVisible()).toBe(true);

    await form.getByLabel('Password', { exact: true }).fill(PASSWORD);
    expect(await form.getByRole('button', { name: 'Save' }).count()).toBe(0);
    await form.getByRole('button', { name: 'Test' }).click();
    const picture = form.getByRole('img', { name: 'A picture from the camera' });
    await picture.waitFor();
    expect(await picture.evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBe(640);
    expect(await findings(page)).toEqual([]);
    await form.getByRole('button', { name: 'Save', exact: true }).click();

    const card = page.locator('.camera', { hasText: 'Front door' });
    await card.locator('.camera-words', { hasText: 'live' }).waitFor();
    expect(await form.count()).toBe(0);
    const { settings } = session.server.core.cameras.get('front-door');
    expect(decodeURIComponent(settings.source)).toContain(PASSWORD);

    await card.getByRole('button', { name: 'Change the camera Front door' }).click();
    await form.getByPlaceholder(`unchanged: ${new URL(camera.address).origin}`).waitFor();
    expect(await page.content()).not.toMatch(/n0t|door\.ts/);
    await form.getByLabel('Name', { exact: true }).fill('Back door');
    await form.getByText('More settings').click();
    await form.getByLabel('Turn the picture').selectOption('90');
    expect(await findings(page)).toEqual([]);
    await form.getByRole('button', { name: 'Save', exact: true }).click();
    await page.locator('.camera h3', { hasText: 'Back door' }).waitFor();
    expect(session.server.core.cameras.get('front-door').settings).toMatchObject({
      source: settings.source,
      rotate: 90,
    });

    const changed = page.locator('.camera', { hasText: 'Back door' });
    await changed.getByRole('button', { name: 'Test the camera Back door' }).click();
    await changed.getByRole('img', { name: 'A picture from the camera' }).waitFor();
    await changed.getByRole('button', { name: 'Remove the camera Back door' }).click();
    await page.locator('#confirm-yes').click();
    await page.getByText('This server has no cameras yet').waitFor();
    expect(await page.locator('.camera').count()).toBe(0);
    expect([...errors, ...dialogs]).toEqual([]);
  });

  it.each(['light', 'dark'] as const)('fits a telephone, in Spanish and %s', async (colorScheme) => {
    const options = { locale: 'es-ES', viewport: { width: 390, height: 800 }, colorScheme };
    const { page } = await session.open('/cameras.html', options);
    await page.getByRole('button', { name: 'Añadir una cámara' }).click();
    await page.getByText('Más ajustes').click();
    expect(await findings(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
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
