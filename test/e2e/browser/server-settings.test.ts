import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findings } from '../../helpers/browser/axe.js';
import { hasChromium, needsChromium } from '../../helpers/browser/browser.js';
import { startSession, type Session } from '../../helpers/browser/session.js';
import { faceOf, sightingOf } from '../../helpers/sightings.js';

describe.skipIf(!hasChromium)(`the section Settings of the page Server${needsChromium}`, () => {
  let session: Session;
  beforeAll(async () => {
    session = await startSession([], { RETENTION_DAYS: '90' });
    await session.enrol('Ada Lovelace', session.photos.portrait);
    await session.enrol('Ada Lovelace', session.photos.samePerson);
    await session.enrol('Grace Hopper', session.photos.otherPerson);
  }, 120_000);
  afterAll(() => session.close());

  const days = () => session.server.core.history.days;
  const count = async () => (await session.server.core.history.store.summary()).count;

  it('switches the history on from the page Seen, and changes and undoes its days', async () => {
    const { page, errors, dialogs } = await session.open('/seen.html');
    await page.getByRole('link', { name: 'Switch the history on' }).click();
    const card = page.locator('[data-setting=HISTORY_DAYS]');
    await card.getByText('Off: nothing is recorded.').waitFor();
    expect(await card.getByLabel('Days').inputValue()).toBe('7');
    await card.getByRole('button', { name: 'Switch on' }).click();
    await card.getByText('Who was seen is kept for 7 days.').waitFor();
    await expect.poll(() => page.locator('#footer').innerText()).toMatch(/Who was seen is kept for\s+7 days/);
    expect(days()).toBe(7);
    await card.getByLabel('Days').fill('30');
    await page.keyboard.press('Enter');
    await card.getByText('Who was seen is kept for 30 days.').waitFor();
    await card.getByText('Before: Who was seen is kept for 7 days.').waitFor();
    expect(await findings(page)).toEqual([]);
    await card.getByRole('button', { name: 'Undo' }).click();
    await card.getByText('Who was seen is kept for 7 days.', { exact: true }).waitFor();
    expect(days()).toBe(7);
    expect([...errors, ...dialogs]).toEqual([]);
  });

  it('asks before it erases, and erases the history when it is switched off', async () => {
    const face = { ...faceOf(), crop: session.photos.portrait };
    await session.server.core.history.store.add(sightingOf({ person: null, at: new Date() }), face, () => true);
    const { page } = await session.open('/server.html', { reducedMotion: 'reduce' });
    const card = page.locator('[data-setting=HISTORY_DAYS]');
    await card.getByRole('button', { name: 'Switch off' }).click();
    await page.locator('#confirm.show').waitFor();
    expect(await page.locator('#confirm-text').innerText()).toContain('one sighting');
    expect(await findings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.locator('#confirm').waitFor({ state: 'hidden' });
    expect([days(), await count()]).toEqual([7, 1]);
    await card.getByRole('button', { name: 'Switch off' }).click();
    await page.locator('#confirm.show').waitFor();
    await page.locator('#confirm-yes').click();
    await card.getByText('Off: nothing is recorded.').waitFor();
    expect([days(), await count()]).toEqual([0, 0]);
  });

  it('shows what another threshold would do, uses it, and takes it back', async () => {
    const { page, errors } = await session.open('/server.html');
    const card = page.locator('[data-setting=THRESHOLD]');
    const slider = card.getByRole('slider');
    await slider.waitFor();
    const before = session.server.core.recognition.threshold;
    await slider.focus();
    await page.keyboard.press('Home');
    expect(await card.locator('#threshold-preview').innerText()).toMatch(/^0% of strangers would get a name/);
    await card.getByRole('button', { name: /^Use 0\./ }).click();
    await card.getByText('(chosen by an administrator)').waitFor();
    expect(session.server.core.recognition.threshold).toBeLessThan(before);
    expect(await findings(page)).toEqual([]);
    await card.getByRole('button', { name: 'Undo' }).click();
    await card.getByText('(follows the number of photos)').waitFor();
    expect(session.server.core.recognition.threshold).toBe(before);
    expect(errors).toEqual([]);
  });

  it('says what the environment sets and which networks are missing', async () => {
    const { page } = await session.open('/server.html', { colorScheme: 'dark' });
    const retention = page.locator('[data-setting=RETENTION_DAYS]');
    await retention.getByText('Enrolled photos are erased after 90 days.').waitFor();
    await retention.getByText('Set by RETENTION_DAYS in the environment of the server.').waitFor();
    expect(await retention.locator('input, button').count()).toBe(0);
    const liveness = page.locator('[data-setting=LIVENESS]');
    await liveness.getByText('rostro models pull liveness').waitFor();
    expect(await liveness.getByLabel('Name only living people').isDisabled()).toBe(true);
    await page.locator('#threshold').waitFor();
    expect(await findings(page)).toEqual([]);
  });

  it('fits a telephone, in Spanish', async () => {
    const { page } = await session.open('/server.html', { locale: 'es-ES', viewport: { width: 360, height: 740 } });
    await page.getByRole('heading', { name: 'Umbral de los nombres' }).waitFor();
    await page.locator('#threshold').waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  });
});

describe.skipIf(!hasChromium)(`the section Health of the page Server${needsChromium}`, () => {
  let session: Session;
  beforeAll(async () => {
    session = await startSession();
  }, 120_000);
  afterAll(() => session.close());

  it('says that all is well, and then what needs attention and what to do', async () => {
    const { page, errors } = await session.open('/server.html#health');
    await page.getByText('Nothing: everything works.').waitFor();
    expect(await page.locator('.server-facts').innerText()).toMatch(/Enrolled\s+0 people, 0 photos/);
    expect(await findings(page)).toEqual([]);
    await session.enrol('Ada', session.photos.portrait);
    await session.enrol('Grace', session.photos.samePerson);
    const alike = page.locator('.findings li', { hasText: 'Two people look so alike' });
    await alike.waitFor();
    expect(await alike.innerText()).toMatch(/Ada – Grace|Grace – Ada/);
    expect(await alike.innerText()).toContain('If they are one person, merge them on the page People.');
    expect(await page.locator('.server-facts').innerText()).toMatch(/Enrolled\s+2 people, 2 photos/);
    expect(await findings(page)).toEqual([]);
    expect(errors).toEqual([]);
  });

  it('fits a telephone, dark, in Spanish', async () => {
    const viewport = { width: 360, height: 740 };
    const { page } = await session.open('/server.html#health', { locale: 'es-ES', colorScheme: 'dark', viewport });
    await page.getByText('Dos personas se parecen tanto').waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    expect(await findings(page)).toEqual([]);
  });
});

describe.skipIf(!hasChromium)(`the section Model of the page Server${needsChromium}`, () => {
  let session: Session;
  beforeAll(async () => {
    session = await startSession();
    await session.enrol('Ada', session.photos.portrait);
  }, 120_000);
  afterAll(() => session.close());

  it('says what runs and what is better, and prepares a change with its progress', async () => {
    const { page, errors } = await session.open('/server.html#model');
    await page.getByText('mobilefacenet is better: it misses 8.1%.').waitFor();
    expect(await page.locator('.server-facts').innerText()).toMatch(/face-api, 128 values a face/);
    await page.getByText('rostro models pull w600k-r50 --accept-licence').waitFor();
    expect(await findings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Prepare a change to mobilefacenet' }).click();
    await page.getByRole('progressbar').waitFor();
    expect(await findings(page)).toEqual([]);
    await page.getByText('Every photo has a new embedding.').waitFor();
    expect(await page.locator('.model-commands').innerText()).toContain('rostro reembed --to mobilefacenet --switch');
    expect(await findings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Close' }).click();
    await page.locator('#model-change').waitFor({ state: 'detached' });
    expect(errors).toEqual([]);
  });

  it('fits a telephone, dark, in Spanish', async () => {
    const viewport = { width: 360, height: 740 };
    const { page } = await session.open('/server.html#model', { locale: 'es-ES', colorScheme: 'dark', viewport });
    await page.getByText('mobilefacenet es mejor').waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    expect(await findings(page)).toEqual([]);
  });
});
