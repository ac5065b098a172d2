import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findings } from '../../helpers/browser/axe.js';
import { hasChromium, needsChromium } from '../../helpers/browser/browser.js';
import { faceNamed, startCamera, startLive, twoPeople, type LiveTestSession } from '../../helpers/browser/live.js';
import { startSession } from '../../helpers/browser/session.js';

const LONG_NAME = `Wolfeschlegelsteinhausenbergerdorff ${'x'.repeat(60)}`;

describe.skipIf(!hasChromium)(`how the live page looks and sounds${needsChromium}`, () => {
  let session: LiveTestSession;
  beforeAll(async () => {
    session = await startLive([{ picture: await twoPeople(), frames: 30 }]);
  });
  afterEach(() => session.closePages());
  afterAll(() => session.close());

  const openDialog = async (page: Page) => {
    await page.locator('.face-item[data-certainty=unknown] button').click();
    await page.getByRole('dialog').waitFor();
  };

  it('speaks Spanish', async () => {
    const { page, errors } = await session.open('/live.html', { locale: 'es-ES' });
    expect(await page.title()).toBe('En vivo · Rostro');
    await page.getByRole('button', { name: 'Encender la cámara' }).click();
    await faceNamed(page, 'Desconocida').waitFor();
    await page
      .getByText(/^Conocida, distancia 0,\d\d, (menos de )?1 de cada [\d.]+ desconocidos se acercaría tanto$/)
      .waitFor();
    await openDialog(page);
    await page.getByRole('dialog', { name: '¿Quién es?' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Apagar la cámara' }).click();
    await page.getByText('Quedó libre').waitFor();
    const keys = await page
      .locator('body')
      .evaluate((body: HTMLElement) => /\b(live|camera|faces?|enrol|seen|meter|threshold)\.\w+/.exec(body.innerText));
    expect(keys).toBeNull();
    expect(errors).toEqual([]);
  });

  it.each(['en-GB', 'es-ES'])('fits a phone 360 pixels wide in %s, long names and all', async (locale) => {
    await session.enrol(LONG_NAME, session.photos.otherPerson);
    const { page } = await startCamera(session, { locale, viewport: { width: 360, height: 740 } });
    await faceNamed(page, LONG_NAME).waitFor();
    await page.locator('.seen-person').nth(1).waitFor();
    await page.getByRole('slider').fill('0.3');
    expect(await page.locator('html').evaluate(({ scrollWidth }) => scrollWidth)).toBe(360);
    await fetch(`${session.server.url}/people/${encodeURIComponent(LONG_NAME)}`, { method: 'DELETE' });
  });

  it('shows a strange name as it is', async () => {
    const name = '<img src=x onerror=alert(1)>';
    await session.enrol(name, session.photos.otherPerson);
    const { page, dialogs, errors } = await startCamera(session);
    await faceNamed(page, name).waitFor();
    await page.locator('.seen-name').getByText(name, { exact: true }).waitFor();
    expect([...dialogs, ...errors]).toEqual([]);
    await fetch(`${session.server.url}/people/${encodeURIComponent(name)}`, { method: 'DELETE' });
  });

  it('lists the cameras where there are several, and remembers the choice', async () => {
    const two = await startSession([
      '--use-fake-ui-for-media-stream',
      '--use-fake-device-for-media-stream=device-count=2',
    ]);
    const { page } = await startCamera(two);
    const choice = page.getByRole('combobox', { name: 'Camera' });
    await choice.waitFor();
    const second = (await choice.locator('option').allTextContents())[1];
    await choice.selectOption(second);
    const chosen = () => choice.locator('option:checked').textContent();
    const playing = () =>
      page
        .locator('video')
        .evaluate((video: HTMLVideoElement) => (video.srcObject as MediaStream | null)?.getTracks()[0].label);
    await expect.poll(playing).toBe(second);
    await page.reload();
    await page.locator('#start').click();
    await expect.poll(playing).toBe(second);
    expect(await chosen()).toBe(second);
    await two.close();
  });

  it('works with the keyboard alone', async () => {
    const { page } = await session.open('/live.html');
    await page.locator('#start').focus();
    await page.keyboard.press('Enter');
    await page.locator('#stop:focus').waitFor();
    await faceNamed(page, 'Unknown').getByRole('button').press('Enter');
    await page.locator('#enrol-name:focus').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    // The heading has the focus where the face has left meanwhile.
    await page.locator('.face-item button:focus, #faces-heading:focus').waitFor();
    const before = Number(await page.getByRole('slider').inputValue());
    await page.getByRole('slider').press('ArrowRight');
    expect(Number(await page.getByRole('slider').inputValue())).toBeCloseTo(before + 0.01, 6);
    await page.locator('#stop').press('Enter');
    await page.locator('#start:focus').waitFor();
  });

  describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
    it('gives axe-core nothing serious to find', async () => {
      const { page } = await session.open('/live.html', { colorScheme, reducedMotion: 'reduce' });
      await page.locator('#footer .status').waitFor();
      expect(await page.locator('html').getAttribute('data-bs-theme')).toBe(colorScheme);
      expect(await findings(page)).toEqual([]);
      await page.locator('#start').click();
      await faceNamed(page, 'Unknown').waitFor();
      await page.locator('#meter-rate', { hasText: /\d/ }).waitFor();
      await page.getByRole('slider').fill('0.82');
      expect(await findings(page)).toEqual([]);
      await page.locator('.face-item[data-certainty=doubtful] button').click();
      await page.getByRole('dialog').waitFor();
      expect(await findings(page)).toEqual([]);
    });
  });
});
