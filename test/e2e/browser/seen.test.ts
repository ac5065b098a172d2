import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findings } from '../../helpers/browser/axe.js';
import { hasChromium, needsChromium } from '../../helpers/browser/browser.js';
import { startSession, type Session } from '../../helpers/browser/session.js';
import { faceOf, sightingOf } from '../../helpers/sightings.js';

const MINUTE_MS = 60_000;

describe.skipIf(!hasChromium)(`the page Seen${needsChromium}`, () => {
  let session: Session;
  beforeAll(async () => {
    session = await startSession([], { HISTORY_DAYS: '7' });
    await session.enrol('Ada <b>Lovelace', session.photos.portrait);
  }, 120_000);
  afterAll(() => session.close());

  async function see(person: string | null, minutesAgo: number): Promise<void> {
    const at = new Date(Date.now() - minutesAgo * MINUTE_MS);
    const face = { ...faceOf(), crop: session.photos.portrait };
    await session.server.core.history.store.add(sightingOf({ person, at }), face, () => true);
  }

  it('shows who was seen, the latest first, and filters', async () => {
    await see('Ada <b>Lovelace', 3);
    await see(null, 2);
    await see('Ada <b>Lovelace', 1);
    const { page, errors, dialogs } = await session.open('/seen.html');
    const cards = page.locator('.sighting');
    await cards.nth(2).waitFor();
    const names = () => page.locator('.sighting-name').allInnerTexts();
    expect(await names()).toEqual(['Ada <b>Lovelace', 'Stranger', 'Ada <b>Lovelace']);
    const picture = cards.first().locator('img');
    await expect.poll(() => picture.evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBeGreaterThan(10);
    expect(await page.locator('#footer').innerText()).toMatch(/Who was seen is kept for\s+7 days/);
    expect(await findings(page)).toEqual([]);
    await page.locator('#who').selectOption('strangers');
    await expect.poll(names).toEqual(['Stranger']);
    expect(new URL(page.url()).search).toBe('?who=strangers');
    await page.reload();
    await expect.poll(names).toEqual(['Stranger']);
    expect([...errors, ...dialogs]).toEqual([]);
  });

  it('names a stranger and takes a wrong name away', async () => {
    await see(null, 0);
    const { page, errors } = await session.open('/seen.html');
    const card = page.locator('.sighting').first();
    await card.locator('summary', { hasText: 'Give a name' }).click();
    await card.locator('input').fill('Grace Hopper');
    expect(await findings(page)).toEqual([]);
    await page.keyboard.press('Enter');
    await card.locator('.sighting-name', { hasText: 'Grace Hopper' }).waitFor();
    expect(await session.names()).toContain('Grace Hopper');
    await card.locator('summary', { hasText: 'Wrong name?' }).click();
    await card.getByRole('button', { name: 'Not Grace Hopper' }).click();
    await card.locator('.sighting-name', { hasText: 'Stranger' }).waitFor();
    expect(await session.names()).not.toContain('Grace Hopper');
    await session.server.core.history.store.removeOne((await card.getAttribute('data-id')) ?? '');
    expect(errors).toEqual([]);
  });

  it('is one tab stop, and erases with the keyboard', async () => {
    const { page } = await session.open('/seen.html', { reducedMotion: 'reduce' });
    await page.locator('.sighting').nth(2).waitFor();
    expect(await page.locator('.sighting[tabindex="0"]').count()).toBe(1);
    await page.locator('.sighting').first().focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Delete');
    await page.locator('#confirm.show').waitFor();
    await page.locator('#confirm-yes').click();
    await expect.poll(() => page.locator('.sighting').count()).toBe(2);
    expect(await page.locator('.sighting-name', { hasText: 'Stranger' }).count()).toBe(0);
    await page.locator('#erase').click();
    await page.locator('#confirm.show').waitFor();
    await page.locator('#confirm-yes').click();
    await page.getByText('Nobody was seen.').waitFor();
    expect((await session.server.core.history.store.summary()).count).toBe(0);
  });

  it('shows more when asked, in Spanish and on a telephone', async () => {
    for (let i = 0; i < 65; i++) await see(null, i);
    const { page } = await session.open('/seen.html', { locale: 'es-ES', viewport: { width: 360, height: 740 } });
    await page.locator('.sighting').nth(59).waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    await page.getByRole('button', { name: 'Mostrar anteriores' }).click();
    await expect.poll(() => page.locator('.sighting').count()).toBe(65);
    expect(await page.locator('#more').isVisible()).toBe(false);
  });
});

describe.skipIf(!hasChromium)(`the page Seen without a history${needsChromium}`, () => {
  let session: Session;
  beforeAll(async () => {
    session = await startSession();
  }, 120_000);
  afterAll(() => session.close());

  it('offers to switch it on, and says what is kept then', async () => {
    const { page } = await session.open('/seen.html');
    await page.getByText('The history is switched off').waitFor();
    expect(await page.locator('.empty').innerText()).toContain('one picture of the face');
    expect(await page.locator('.empty a').getAttribute('href')).toBe('server.html#settings');
    expect(await page.locator('#filter').isVisible()).toBe(false);
    expect(await findings(page)).toEqual([]);
  });
});
