import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium, needsChromium } from '../../helpers/browser/browser.js';
import { startSession, type Session } from '../../helpers/browser/session.js';

describe.skipIf(!hasChromium)(`the page Calibration${needsChromium}`, () => {
  let session: Session;
  beforeAll(async () => {
    session = await startSession();
  });
  afterAll(() => session.close());

  it('says that there is nothing to measure yet, in both languages', async () => {
    const { page, errors } = await session.open('/calibration.html');
    await page.getByText('There is nothing to measure yet.').waitFor();
    const spanish = await session.open('/calibration.html', { locale: 'es-ES' });
    await spanish.page.getByText('Aún no hay nada que medir.').waitFor();
    expect(await spanish.page.locator('svg.chart').count()).toBe(0);
    expect([...errors, ...spanish.errors]).toEqual([]);
  });

  it('shows what the server measured: advice, chart and table', async () => {
    const { portrait, samePerson, otherPerson } = session.photos;
    await session.enrol('Ada', portrait);
    await session.enrol('Ada', samePerson);
    await session.enrol('Grace', otherPerson);
    const { page, errors } = await session.open('/calibration.html');
    const chart = page.getByRole('img', { name: /^Two histograms of distances/ });
    await chart.waitFor();
    const reply = await fetch(`${session.server.url}/calibration?far=0.01`);
    const { recommended, table } = (await reply.json()) as { recommended: { threshold: number }; table: unknown[] };
    const threshold = recommended.threshold.toLocaleString('en-GB', { minimumFractionDigits: 2 });
    expect(await page.locator('.advice').innerText()).toContain(`With a threshold of ${threshold}, 0%`);
    expect(await chart.getByText(/^now 0\.5/).count()).toBe(1);
    expect(await chart.getByText(`recommended ${threshold}`).count()).toBe(1);
    expect(await page.locator('.legend').innerText()).toContain('2 searches');
    expect(await page.locator('.rates tbody tr').count()).toBe(table.length + 1);
    expect(await page.locator('.rates .chosen th').innerText()).toBe(threshold);
    expect(await page.getByText('3 searches for strangers are too few to be sure of 1%: that takes 300.').count()).toBe(
      1,
    );
    expect(await page.getByText('rostro calibrate --far 0.01 --apply').isVisible()).toBe(true);
    expect(await page.getByRole('link', { name: 'Calibration' }).getAttribute('aria-current')).toBe('page');
    expect(errors).toEqual([]);
  });

  it('uses the recommended threshold at a click', async () => {
    const { page, errors } = await session.open('/calibration.html');
    const button = page.getByRole('button', { name: 'Use this threshold' });
    await button.click();
    const { recommended } = await session.server.core.calibration.report(0.01);
    const shown = recommended!.threshold.toLocaleString('en-GB', { minimumFractionDigits: 2 });
    await page.getByText(`Now it is ${shown} (calibrated)`).waitFor();
    expect(await button.count()).toBe(0);
    expect(session.server.core.recognition.threshold).toBe(recommended!.threshold);
    await page.getByRole('button', { name: 'Use the default threshold' }).click();
    await button.waitFor();
    expect(session.server.core.calibration.threshold.source).toBe('auto');
    expect(errors).toEqual([]);
  });

  it('measures again for another rate', async () => {
    const { page } = await session.open('/calibration.html');
    await page.getByLabel('Strangers who may be given a name').selectOption('0.001');
    await page.getByText('too few to be sure of 0.1%: that takes 3,000.').waitFor();
  });

  it('fits a telephone without scrolling sideways', async () => {
    const { page } = await session.open('/calibration.html', { viewport: { width: 360, height: 740 } });
    await page.locator('svg.chart').waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  });
});
