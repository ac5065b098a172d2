import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findings } from '../../helpers/browser/axe.js';
import { hasChromium, needsChromium } from '../../helpers/browser/browser.js';
import { CAMERA, cameraPicture } from '../../helpers/browser/fake-camera.js';
import { cameraUse, startLive, watchStreams, type LiveTestSession } from '../../helpers/browser/live.js';
import { cutPhotos } from '../../helpers/browser/photos.js';

/** Angles of a person who does what is asked. */
const POSES: Readonly<Record<string, object>> = {
  'straight ahead': { yaw: 5, pitch: -4, roll: 0 },
  'to the left': { yaw: 28, pitch: -2, roll: 0 },
  'to the right': { yaw: -20, pitch: -2, roll: 0 },
  up: { yaw: 5, pitch: 10, roll: 0 },
  down: { yaw: 5, pitch: -20, roll: 0 },
};

/** Of a person who turns too far to the right, whatever is asked. */
const FAR = { yaw: -80, pitch: 0, roll: 0 };

describe.skipIf(!hasChromium)(`enrolling with the webcam${needsChromium}`, () => {
  let session: LiveTestSession;
  beforeAll(async () => {
    const { portrait } = await cutPhotos();
    session = await startLive([
      { picture: await cameraPicture([{ photo: portrait, left: 140, top: 40, height: 400 }]), frames: 4 },
    ]);
  }, 120_000);
  afterAll(() => session.close());
  afterEach(() => session.closePages());

  /** The camera shows the same face all the time; the poses are those that the page asks for. */
  async function obey(page: Page, poses: typeof POSES): Promise<void> {
    await page.route('**/detect?*', async (route) => {
      const asked = await page.locator('#webcam-looks [aria-current]').textContent();
      const face = {
        box: { x: 240, y: 140, width: 150, height: 190 },
        attributes: { pose: poses[asked ?? ''] ?? FAR },
      };
      const { width, height } = CAMERA;
      await route.fulfill({ json: { image: { width, height }, rotated: 0, faces: [face] } });
    });
  }

  async function started(name: string, poses = POSES): Promise<Page> {
    const { page } = await session.open('/', { viewport: { width: 390, height: 844 } });
    await watchStreams(page);
    await obey(page, poses);
    await page.getByRole('button', { name: 'Enrol people' }).click();
    await page.getByRole('button', { name: 'Use the webcam' }).click();
    await page.getByLabel('Name of the person').fill(name);
    await page.keyboard.press('Enter');
    return page;
  }

  it('takes five looks by itself, shows them, and sends them to the review', async () => {
    const page = await started('Grace Hopper');
    await page.getByRole('button', { name: 'Enrol 5 photos' }).waitFor();
    expect((await cameraUse(page)).tracks).toEqual(['ended']);
    expect(await page.getByText('These photos will be enrolled as Grace Hopper.').isVisible()).toBe(true);
    expect(await session.names()).not.toContain('Grace Hopper');
    expect(await findings(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    await page.getByRole('button', { name: 'Take again: down' }).click();
    await page.getByRole('button', { name: 'Leave out: up' }).click();
    const sent = page.waitForRequest('**/upload');
    await page.getByRole('button', { name: 'Enrol 4 photos' }).click();
    expect((await sent).postData()).toContain('name="webcam"\r\n\r\ntrue');
    await page.locator('#uploads-sentence', { hasText: /^\d enrolled( · \d (was|were) there already)?$/ }).waitFor();
    // The fake camera repeats four pictures, and the same picture is enrolled once.
    expect(await page.locator('#uploads-done .upload').count()).toBe(4);
    expect(await session.names()).toContain('Grace Hopper');
  });

  it('lets one skip looks and take a photo by hand, and frees the camera when it is closed', async () => {
    const page = await started('Hedy Lamarr', {});
    await page.locator('#webcam-instruction', { hasText: 'Look straight into the camera' }).waitFor();
    expect(await findings(page)).toEqual([]);
    for (const next of ['to the left', 'to the right']) {
      await page.getByRole('button', { name: 'Skip this look' }).click();
      await page.locator('#webcam-instruction', { hasText: `Turn your head ${next}` }).waitFor();
    }
    await page.locator('#webcam-hint', { hasText: 'A little less.' }).waitFor();
    await page.getByRole('button', { name: 'Take it now' }).click();
    await page.locator('#webcam-instruction', { hasText: 'Look up' }).waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await expect.poll(async () => (await cameraUse(page)).tracks).toEqual(['ended']);
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('webcam-open');
  });
});
