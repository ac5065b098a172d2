import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findings } from '../../helpers/browser/axe.js';
import { hasChromium, needsChromium } from '../../helpers/browser/browser.js';
import { startSession, type Session } from '../../helpers/browser/session.js';
import { HttpCamera } from '../../helpers/http-camera.js';
import type { SightingFace } from '../../../src/history/sighting.js';
import * as schemas from '../../../src/http/schemas.js';
import { faceOf, sightingOf } from '../../helpers/sightings.js';
import { hasFfmpeg, makeVideo, needsFfmpeg } from '../../helpers/video.js';

const MINUTE_MS = 60_000;

describe.skipIf(!hasChromium)(`the page Seen${needsChromium}`, () => {
  let session: Session;
  beforeAll(async () => {
    session = await startSession([], { HISTORY_DAYS: '7' });
    await session.enrol('Ada <b>Lovelace', session.photos.portrait);
  }, 120_000);
  afterAll(() => session.close());

  async function see(person: string | null, minutesAgo: number, given: Partial<SightingFace> = {}): Promise<void> {
    const at = new Date(Date.now() - minutesAgo * MINUTE_MS);
    const { core } = session.server;
    const embedding = { contract: core.contract.id, vector: faceOf().embedding!.vector };
    const face = { embedding, crop: session.photos.portrait, ...given };
    const sighting = sightingOf({ person, at });
    await core.history.store.add(sighting, face, () => true);
    await core.strangers.place(sighting.id);
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
    await expect.poll(names).toEqual(['Stranger, seen once']);
    expect(new URL(page.url()).search).toBe('?who=strangers');
    await page.reload();
    await expect.poll(names).toEqual(['Stranger, seen once']);
    expect([...errors, ...dialogs]).toEqual([]);
  });

  it('names a stranger and takes a wrong name away', async () => {
    await see(null, 0);
    const { page, errors } = await session.open('/seen.html');
    const card = page.locator('.sighting').first();
    await card.locator('summary', { hasText: 'Give a name' }).click();
    await card.locator('[name=person]').fill('Grace Hopper');
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

  it('names one sighting of a stranger, or all of them, which the form shows', async () => {
    const { core } = session.server;
    const { otherPerson: crop } = session.photos;
    const { face } = await core.pipeline.run('enrolmentFace', { bytes: crop });
    const mary = { embedding: { contract: core.contract.id, vector: face.embedding }, crop };
    for (const minutesAgo of [50, 1, 0]) await see(null, minutesAgo, mary);
    const { page, errors } = await session.open('/seen.html');
    const named = page.locator('.sighting', { hasText: 'Mary Shelley' });
    const [first, second] = [page.locator('.sighting').nth(0), page.locator('.sighting').nth(1)];
    await first.locator('summary', { hasText: 'Give a name' }).click();
    await first.getByLabel('Also the 2 other sightings of this face').uncheck();
    await expect.poll(() => first.locator('.sighting-other-faces img').count()).toBe(2);
    await first.locator('[name=person]').fill('Mary Shelley');
    expect(await findings(page)).toEqual([]);
    await page.keyboard.press('Enter');
    await first.locator('.sighting-name', { hasText: 'Mary Shelley' }).waitFor();
    expect(await named.count()).toBe(1);

    await second.locator('summary', { hasText: 'Give a name' }).click();
    expect(await second.getByLabel('Also the other sighting of this face').isChecked()).toBe(true);
    await second.locator('[name=person]').fill('Mary Shelley');
    await second.getByRole('button', { name: 'Save' }).click();
    await expect.poll(() => named.count()).toBe(3);
    expect(await second.evaluate((element) => element === document.activeElement)).toBe(true);
    await page.reload();
    await expect.poll(() => named.count()).toBe(3);
    await fetch(`${session.server.url}/people/Mary%20Shelley`, { method: 'DELETE' });
    expect(await session.names()).not.toContain('Mary Shelley');
    expect(errors).toEqual([]);
  });

  it('suggests a stranger who was seen three times, who is named once and recognised afterwards', async () => {
    const { core } = session.server;
    const { otherPerson: crop } = session.photos;
    const { face } = await core.pipeline.run('enrolmentFace', { bytes: crop });
    const eve = { embedding: { contract: core.contract.id, vector: face.embedding }, crop };
    for (const minutesAgo of [50, 40, 30]) await see(null, minutesAgo, eve);
    await see(null, 20);
    const { page, errors } = await session.open('/seen.html', { reducedMotion: 'reduce' });
    await page.getByRole('button', { name: 'Give names' }).click();
    const first = page.locator('.stranger').first();
    await first.locator('.sighting-name', { hasText: 'Stranger, seen 3 times' }).waitFor();
    await first.locator('summary', { hasText: 'All 3 sightings' }).click();
    await first.locator('.stranger-list li').nth(2).waitFor();
    await first.locator('summary', { hasText: 'The same as' }).click();
    await first.getByRole('button', { name: 'The same as the stranger of' }).first().waitFor();
    expect(await findings(page)).toEqual([]);
    const phone = await session.open('/seen.html?who=strangers', {
      locale: 'es-ES',
      colorScheme: 'dark',
      viewport: { width: 390, height: 800 },
    });
    await phone.page.locator('.stranger').first().waitFor();
    expect(await phone.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    await first.getByRole('button', { name: 'Somebody else: ' }).first().click();
    const twice = page.locator('.stranger', { hasText: 'Stranger, seen 2 times' });
    await twice.locator('summary', { hasText: 'The same as' }).click();
    await twice.getByRole('button', { name: 'The same as the stranger of' }).first().click();
    await page.locator('.sighting-name', { hasText: 'Stranger, seen 3 times' }).waitFor();
    await first.focus();
    await page.keyboard.press('Enter');
    await page.keyboard.type('Eve Online');
    await page.keyboard.press('Enter');
    await page.getByText('3 sightings are Eve Online now').first().waitFor();
    expect(await session.names()).toContain('Eve Online');
    const body = new Uint8Array(crop);
    const headers = { 'content-type': 'image/jpeg' };
    const reply = await fetch(`${session.server.url}/recognize`, { method: 'POST', body, headers });
    expect(schemas.recognition.parse(await reply.json()).faces[0].name).toBe('Eve Online');
    await page.locator('.stranger').last().focus();
    const left = await page.locator('.stranger').count();
    await page.keyboard.press('n');
    await expect.poll(() => page.locator('.stranger').count()).toBe(left - 1);
    expect(errors).toEqual([]);
    await core.history.store.remove({ person: 'Eve Online' });
    await core.history.store.remove({ notAFace: true });
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

describe.skipIf(!hasChromium || !hasFfmpeg)(`an office with a camera${needsChromium}${needsFfmpeg}`, () => {
  const VISIT_SECONDS = 6;
  const PAUSE_SECONDS = 5;
  let session: Session;
  let camera: HttpCamera;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rostro-office-'));
    // So loose that everyone is Ada.
    session = await startSession([], { HISTORY_DAYS: '7', THRESHOLD: '1.3', WORKERS: '1' });
    await session.enrol('Ada Lovelace', session.photos.portrait);
    const video = join(folder, 'door.ts');
    const visit = { photos: [session.photos.otherPerson], seconds: VISIT_SECONDS };
    const pause = { photos: [], seconds: PAUSE_SECONDS };
    await makeVideo(video, Array.from({ length: 8 }, () => [visit, pause]).flat());
    camera = await HttpCamera.start(video, 8 * (VISIT_SECONDS + PAUSE_SECONDS), 'office', 'secret');
    const source = camera.address.replace('//', '//office:secret@');
    const body = JSON.stringify({ id: 'door', source, fps: 5, graceSeconds: 2 });
    const headers = { 'content-type': 'application/json' };
    const reply = await fetch(`${session.server.url}/cameras`, { method: 'POST', body, headers });
    expect(reply.status).toBe(201);
  }, 120_000);
  afterAll(async () => {
    await session.close();
    await camera.close();
    await rm(folder, { recursive: true });
  });

  /** The newest sighting, once it is another one than before. */
  async function newest(page: Page, before: string | null) {
    const card = page.locator('.sighting').first();
    const id = async () => {
      await page.reload();
      await page.locator('#footer .status').waitFor();
      return (await card.count()) === 0 ? before : await card.getAttribute('data-id');
    };
    await expect.poll(id, { timeout: 60_000, interval: 1500 }).not.toBe(before);
    return { card, id: await card.getAttribute('data-id'), name: await card.locator('.sighting-name').innerText() };
  }

  it('corrects a wrong name, which does not come back, and names the stranger, who then is known', async () => {
    const { page, errors } = await session.open('/seen.html');
    const wrong = await newest(page, null);
    expect(wrong.name).toBe('Ada Lovelace');
    await wrong.card.locator('summary', { hasText: 'Wrong name?' }).click();
    await wrong.card.getByRole('button', { name: 'Not Ada Lovelace' }).click();
    await wrong.card.locator('.sighting-name', { hasText: 'Stranger' }).waitFor();

    const stranger = await newest(page, wrong.id);
    expect(stranger.name).toBe('Stranger');
    await stranger.card.locator('summary', { hasText: 'Give a name' }).click();
    await stranger.card.locator('[name=person]').fill('Grace Hopper');
    await page.keyboard.press('Enter');
    await stranger.card.locator('.sighting-name', { hasText: 'Grace Hopper' }).waitFor();

    const known = await newest(page, stranger.id);
    expect(known.name).toBe('Grace Hopper');
    expect(errors).toEqual([]);
  }, 240_000);
});
