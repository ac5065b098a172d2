import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { overlap } from '../../../public/js/live/boxes.js';
import { hasChromium, needsChromium } from '../../helpers/browser/browser.js';
import { CAMERA, cameraPicture } from '../../helpers/browser/fake-camera.js';
import {
  ADA_FACE,
  cameraUse,
  faceNamed,
  GRACE_FACE,
  startCamera,
  startLive,
  twoPeople,
  watchStreams,
  type LiveTestSession,
} from '../../helpers/browser/live.js';
import { boxOf, ink, isBlank } from '../../helpers/browser/overlay.js';

describe.skipIf(!hasChromium)(`the live page${needsChromium}`, () => {
  let session: LiveTestSession;
  beforeAll(async () => {
    session = await startLive([{ picture: await twoPeople(), frames: 30 }]);
  });
  afterEach(() => session.closePages());
  afterAll(() => session.close());

  it('does not touch the camera before its button is pressed', async () => {
    const { page, errors } = await session.open('/live.html');
    await watchStreams(page);
    await page.getByText('The camera is off').waitFor();
    expect(await cameraUse(page)).toEqual({ source: false, tracks: [] });
    await page.getByRole('button', { name: 'Start the camera' }).click();
    await page.locator('#live[data-camera=running]').waitFor();
    expect(await cameraUse(page)).toEqual({ source: true, tracks: ['live'] });
    expect(errors).toEqual([]);
  });

  it('writes the right name over the face, and draws the box where the face is', async () => {
    const { page, errors } = await startCamera(session);
    await faceNamed(page, 'Ada Lovelace').waitFor();
    await faceNamed(page, 'Unknown').waitFor();
    expect(await faceNamed(page, 'Ada Lovelace').getAttribute('data-certainty')).toBe('known');
    expect(await faceNamed(page, 'Unknown').getAttribute('data-certainty')).toBe('unknown');
    expect(overlap(await boxOf(page, 'Ada Lovelace'), ADA_FACE)).toBeGreaterThan(0.6);
    expect(overlap(await boxOf(page, 'Unknown'), GRACE_FACE)).toBeGreaterThan(0.6);

    const { x, y, width, height } = await boxOf(page, 'Ada Lovelace');
    const middle = { x: x + width / 2, y: y + height / 2 };
    const sides = [
      { x, y: middle.y },
      { x: x + width, y: middle.y },
      { x: middle.x, y: y + height },
    ];
    expect(await ink(page, [...sides, middle])).toEqual([255, 255, 255, 0]);
    expect(errors).toEqual([]);
  });

  it('lists who was seen, measures, and says the names to a screen reader', async () => {
    const { page } = await startCamera(session);
    const seen = page.locator('.seen-person');
    await seen.getByText('in the picture now').waitFor();
    expect(await seen.locator('.seen-name').allTextContents()).toEqual(['Ada Lovelace']);
    expect(await seen.locator('p').nth(1).textContent()).toMatch(/^first \d\d:\d\d:\d\d$/);
    expect(await seen.locator('p').nth(2).textContent()).toMatch(/^last \d\d:\d\d:\d\d$/);
    await page.locator('#announcer', { hasText: 'In the picture: Ada Lovelace' }).waitFor({ state: 'attached' });
    await page.locator('#meter-latency', { hasText: /^[\d,.]+ ms$/ }).waitFor();
    const parts = page.locator('.meter-parts dd');
    expect(await parts.count()).toBe(7);
    for (const text of await parts.allTextContents()) expect(text).toMatch(/^[\d,.]+ ms$/);
  });

  it('has at most two frames on their way', async () => {
    const { sockets } = await startCamera(session);
    await expect.poll(() => sockets.sent, { timeout: 30_000 }).toBeGreaterThan(4);
    expect(sockets.mostUnderWay).toBeLessThanOrEqual(2);
  });

  it.each(['the key q', 'its button'])('releases the camera by %s', async (way) => {
    const { page } = await session.open('/live.html');
    await watchStreams(page);
    await page.locator('#start').click();
    await faceNamed(page, 'Ada Lovelace').waitFor();
    if (way === 'the key q') await page.keyboard.press('q');
    else await page.getByRole('button', { name: 'Stop the camera' }).click();
    await page.getByText('Other programs can use it now').waitFor();
    expect(await cameraUse(page)).toEqual({ source: false, tracks: ['ended'] });
    expect(await page.locator('.face-item').count()).toBe(0);
    expect(await isBlank(page)).toBe(true);

    await page.getByRole('button', { name: 'Start again' }).click();
    await faceNamed(page, 'Ada Lovelace').waitFor();
    expect(await cameraUse(page)).toEqual({ source: true, tracks: ['ended', 'live'] });
  });

  it('moves the threshold for this view, and says at once what that changes', async () => {
    const { page } = await startCamera(session);
    await faceNamed(page, 'Unknown').waitFor();
    const slider = page.getByRole('slider', { name: 'Threshold of this view' });
    const before = await slider.inputValue();
    expect(Number(before)).toBeCloseTo(session.server.core.recognition.threshold, 1);
    await slider.fill('0.96');
    await page.locator('#threshold-summary', { hasText: /of the last \d+ sightings would get another name/ }).waitFor();
    expect(await page.locator('#threshold-changes li').first().textContent()).toMatch(/^unknown → Ada Lovelace×\d+$/);
    expect(await faceNamed(page, 'Ada Lovelace').count()).toBe(2);
    await slider.fill('0.24');
    await page.getByRole('button', { name: /^Back to 0\.\d+$/ }).click();
    expect(await slider.inputValue()).toBe(before);
    await faceNamed(page, 'Unknown').waitFor();
    expect(await page.locator('#threshold-summary').textContent()).toBe('This is the server’s own value.');
  });

  it('enrols an unknown face from three frames, and knows it at once', async () => {
    const { page, errors } = await startCamera(session);
    await faceNamed(page, 'Unknown').getByRole('button', { name: 'Enrol this face' }).click();
    const name = page.getByRole('textbox', { name: 'Name' });
    await name.fill('../q');
    await page.getByRole('dialog').getByRole('button', { name: 'Enrol this face' }).click();
    await page.getByText('This name cannot be used.').waitFor();
    await name.fill('');
    await name.pressSequentially('Grace q. Hopper');
    await page.keyboard.press('Enter');
    await page.getByText('Grace q. Hopper is enrolled: 3 of 3 frames worked.').waitFor();
    await faceNamed(page, 'Grace q. Hopper').waitFor();
    expect(overlap(await boxOf(page, 'Grace q. Hopper'), GRACE_FACE)).toBeGreaterThan(0.6);

    const reply = await fetch(`${session.server.url}/people/Grace%20q.%20Hopper`);
    const { examples } = (await reply.json()) as { examples: unknown[] };
    expect(examples).toHaveLength(3);
    await page.locator('#footer', { hasText: 'People2' }).waitFor();
    expect(errors).toEqual([]);
    await fetch(`${session.server.url}/people/Grace%20q.%20Hopper`, { method: 'DELETE' });
  });

  it('takes a wrong name away, and gives it back', async () => {
    const { page, errors } = await startCamera(session);
    const button = page.getByRole('button', { name: 'Not Ada Lovelace' });
    await button.click();
    await page.getByText('This face does not get the name Ada Lovelace any more.').waitFor();
    await button.waitFor({ state: 'hidden' });
    expect(await faceNamed(page, 'Ada Lovelace').count()).toBe(0);
    expect(session.server.core.gallery.person('Ada Lovelace').negatives).toHaveLength(1);
    await page.getByRole('button', { name: 'Undo' }).click();
    await faceNamed(page, 'Ada Lovelace').waitFor();
    expect(session.server.core.gallery.person('Ada Lovelace').negatives ?? []).toHaveLength(0);
    expect(errors).toEqual([]);
  });

  it('keeps nothing more once the dialog is left', async () => {
    const { page, sockets } = await startCamera(session);
    await faceNamed(page, 'Unknown').getByRole('button').click();
    await page.getByRole('textbox', { name: 'Name' }).fill('Grace Hopper');
    await page.route('**/recognize', async (route) => {
      const enrolling = (await page.locator('#enrol-status').textContent()) !== '';
      if (enrolling) await page.getByRole('button', { name: 'Cancel' }).click();
      await route.continue();
    });
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await page.unrouteAll({ behavior: 'wait' });
    const { answered } = sockets;
    await expect.poll(() => sockets.answered).toBeGreaterThan(answered + 1);
    expect(await session.names()).toEqual(['Ada Lovelace']);
  });

  it('also enrols a face that is pressed in the picture', async () => {
    const { page } = await startCamera(session);
    await faceNamed(page, 'Unknown').waitFor();
    const { width, height } = (await page.locator('#stage').boundingBox())!;
    const at = (face: typeof ADA_FACE) => ({
      position: {
        x: ((face.x + face.width / 2) / CAMERA.width) * width,
        y: ((face.y + face.height / 2) / CAMERA.height) * height,
      },
    });
    await page.locator('#stage canvas').click(at(ADA_FACE));
    expect(await page.getByRole('dialog').isVisible()).toBe(false);
    await page.locator('#stage canvas').click(at(GRACE_FACE));
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
  });
});

describe.skipIf(!hasChromium)(`the live page before other cameras${needsChromium}`, () => {
  it('takes the boxes away when the faces leave', async () => {
    const wall = await cameraPicture([]);
    const session = await startLive([
      { picture: await twoPeople(), frames: 120 },
      { picture: wall, frames: 120 },
    ]);
    const { page } = await startCamera(session);
    for (let turn = 0; turn < 2; turn++) {
      await faceNamed(page, 'Ada Lovelace').waitFor();
      await page.getByText('No face at the moment.').waitFor();
      await expect.poll(() => isBlank(page)).toBe(true);
    }
    expect(await page.locator('.seen-person').count()).toBe(1);
    await session.close();
  });

  it('sends frames 640 pixels wide, and keeps the camera’s own resolution of those that it enrols', async () => {
    const large = await sharp(await twoPeople())
      .resize({ width: 1280 })
      .jpeg()
      .toBuffer();
    const session = await startLive([{ picture: large, frames: 10 }]);
    // What a page sends by way of its service worker does not pass `page.route`.
    const { page } = await session.open('/live.html', { serviceWorkers: 'block' });
    const widths = { live: new Set<number>(), upload: new Set<number>() };
    const note = async (where: keyof typeof widths, jpeg: Buffer) =>
      widths[where].add((await sharp(jpeg).metadata()).width);
    page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => void note('live', payload as Buffer)));
    await page.route('**/upload', async (route) => {
      const body = route.request().postDataBuffer()!;
      await note('upload', body.subarray(body.indexOf('\xff\xd8\xff', 0, 'latin1')));
      await route.continue();
    });
    await page.locator('#start').click();
    await faceNamed(page, 'Unknown').getByRole('button').click();
    await page.getByRole('textbox', { name: 'Name' }).fill('Grace Hopper');
    await page.keyboard.press('Enter');
    await page.getByText('Grace Hopper is enrolled: 3 of 3 frames worked.').waitFor();
    expect([...widths.upload]).toEqual([1280]);
    await expect.poll(() => [...widths.live]).toEqual([640]);
    await session.close();
  });
});
