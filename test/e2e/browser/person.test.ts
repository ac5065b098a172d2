import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findings } from '../../helpers/browser/axe.js';
import { hasChromium, needsChromium } from '../../helpers/browser/browser.js';
import { dropFiles, jpeg } from '../../helpers/browser/files.js';
import { startSession, type Session } from '../../helpers/browser/session.js';
import { anotherFile } from '../../helpers/portraits.js';
import { faceOf, sightingOf } from '../../helpers/sightings.js';
import { rawZip } from '../../helpers/raw-zip.js';
import { unzipped } from '../../helpers/zip.js';

/** So many bytes of a picture no other file has by chance. */
const PIECE = 24;
const NAME = 'Ada <b>Lovelace';

describe.skipIf(!hasChromium)(`the page of a person${needsChromium}`, () => {
  let session: Session;
  beforeAll(async () => {
    session = await startSession([], { HISTORY_DAYS: '7' });
    await session.enrol(NAME, session.photos.portrait);
    await session.enrol(NAME, session.photos.samePerson);
    await session.enrol('Grace Hopper', session.photos.otherPerson);
  }, 120_000);
  afterAll(() => session.close());

  const gallery = () => session.server.core.gallery;
  const address = (name: string) => `/person.html?name=${encodeURIComponent(name)}`;
  const said = (page: Page, text: string) =>
    page.locator('#announcer', { hasText: text }).waitFor({ state: 'attached' });

  async function downloaded(page: Page, link: Locator): Promise<Buffer> {
    const download = page.waitForEvent('download');
    await link.click();
    return readFile(await (await download).path());
  }

  /** Files of the data folder whose bytes, or whose path, hold one of the pieces. */
  function filesWith(pieces: readonly Buffer[]): string[] {
    const entries = readdirSync(session.server.dataDir, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => {
        const bytes = Buffer.concat([readFileSync(path), Buffer.from(path)]);
        return pieces.some((piece) => bytes.includes(piece));
      });
  }

  it('is reached from the list, changes name and details, and moves its address with the name', async () => {
    const { page, errors, dialogs } = await session.open('/');
    await page.getByRole('link', { name: NAME }).click();
    await page.getByRole('heading', { name: NAME, level: 1 }).waitFor();
    expect(await findings(page)).toEqual([]);
    await page.getByLabel('Name', { exact: true }).fill('Augusta');
    await page.getByLabel('Groups, separated by commas').fill('staff, night');
    await page.getByLabel('Metadata').fill('{"floor": 3');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByText('The metadata are not a JSON object').waitFor();
    await page.getByLabel('Metadata').fill('{"floor": 3}');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Augusta', level: 1 }).waitFor();
    expect(new URL(page.url()).search).toBe('?name=Augusta');
    expect(await page.title()).toBe('Augusta · Rostro');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('details-heading');
    expect(gallery().person('Augusta')).toMatchObject({ groups: ['night', 'staff'], metadata: { floor: 3 } });
    await page.reload();
    await page.getByLabel('Name', { exact: true }).fill(NAME);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: NAME, level: 1 }).waitFor();
    expect([...errors, ...dialogs]).toEqual([]);
  });

  it('chooses a cover, moves a photo to another person, and deletes one', async () => {
    await session.enrol(NAME, anotherFile(session.photos.otherPerson));
    const { page, errors } = await session.open(address(NAME));
    await page.locator('.example').nth(2).waitFor();
    const third = gallery().person(NAME).examples[2].id;
    await page.getByRole('button', { name: 'Use as cover: photo 3' }).click();
    await said(page, 'stands for the person');
    expect(gallery().person(NAME).cover).toBe(third);
    expect(await page.locator('.profile-head img').getAttribute('src')).toContain(third);
    await page.getByRole('button', { name: 'Move photo 3 to another person' }).click();
    await page.getByLabel('This photo shows').fill('Nobody');
    await page.keyboard.press('Enter');
    await page.locator('.alert-danger').waitFor();
    await page.getByLabel('This photo shows').fill('Grace Hopper');
    expect(await findings(page)).toEqual([]);
    await page.keyboard.press('Enter');
    await said(page, 'belongs to Grace Hopper');
    expect(
      gallery()
        .person('Grace Hopper')
        .examples.map(({ id }) => id),
    ).toContain(third);
    await page.getByRole('button', { name: `Delete photo 2 of ${NAME}` }).click();
    await page.locator('#confirm-yes').click();
    await said(page, 'was deleted');
    await expect.poll(() => page.locator('.example').count()).toBe(1);
    expect(await page.getByRole('button', { name: /^Move photo/ }).count()).toBe(0);
    expect(errors).toEqual([]);
  });

  it('lets a privacy officer record consent, export, and erase with a receipt; nothing is left', async () => {
    const at = new Date(Date.now() - 60_000);
    const face = { embedding: null, crop: session.photos.portrait };
    await session.server.core.history.store.add(sightingOf({ person: NAME, at }), face, () => true);
    const crops = gallery()
      .person(NAME)
      .examples.map(({ id }) => gallery().crop(NAME, id));
    const pictures = [...(await Promise.all(crops)), session.photos.portrait].map((crop) => Buffer.from(crop));
    const pieces = [Buffer.from(NAME), ...pictures.map((crop) => crop.subarray(crop.length >> 1).subarray(0, PIECE))];
    expect(filesWith(pieces)).not.toEqual([]);

    const { page, errors } = await session.open(address(NAME), { acceptDownloads: true });
    await page.getByText('No consent is recorded.').waitFor();
    await page.locator('.profile-sighting img').waitFor();
    await page.getByLabel('Why the face may be processed').selectOption('contract');
    await page.getByLabel('Since').fill('2026-09-01');
    await page.getByLabel('Note, such as').fill('Folder 12');
    await page.getByLabel('Last day of the person').fill('2099-12-31');
    await page.locator('#consent button').click();
    await said(page, 'were saved');
    const consent = { basis: 'contract', date: '2026-09-01', note: 'Folder 12' };
    expect(gallery().person(NAME)).toMatchObject({ consent, expires: '2099-12-31' });

    const files = await unzipped(await downloaded(page, page.getByRole('link', { name: 'Export all data' })));
    expect(JSON.parse(files.get('person.json')!.toString())).toMatchObject({
      name: NAME,
      consent,
      expires: '2099-12-31',
    });
    expect(files.has('sightings.jsonl')).toBe(true);

    await page.getByRole('button', { name: `Erase ${NAME}` }).click();
    await page.locator('#confirm-yes').click();
    await page.getByRole('heading', { name: `${NAME} was erased` }).waitFor();
    expect(await findings(page)).toEqual([]);
    expect(new URL(page.url()).search).toBe('');
    const json = await downloaded(page, page.getByRole('link', { name: 'Receipt as JSON' }));
    expect(JSON.parse(json.toString())).toMatchObject({ person: NAME, sightings: 1, remaining: [] });
    const text = await downloaded(page, page.getByRole('link', { name: 'Receipt as text' }));
    expect(text.toString()).toContain(`${NAME} was erased\n\nErased: `);
    expect(await session.server.core.history.store.list({}, { limit: 10 })).toEqual([]);
    expect(filesWith(pieces)).toEqual([]);
    expect(errors).toEqual([]);
  });

  it('says that a person is not enrolled, and that of a photo it is the last', async () => {
    const gone = await session.open(address('Nobody'));
    await gone.page.locator('.alert-danger').waitFor();
    expect(await findings(gone.page)).toEqual([]);
    for (const colorScheme of ['light', 'dark'] as const) {
      const phone = { viewport: { width: 390, height: 800 }, colorScheme, locale: 'es-ES' };
      const { page } = await session.open(address('Grace Hopper'), phone);
      await page.getByText('No hay ningún consentimiento anotado.').waitFor();
      expect(await findings(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    }
  });
});

describe.skipIf(!hasChromium)(`People with CONSENT=required${needsChromium}`, () => {
  let session: Session;
  beforeAll(async () => {
    session = await startSession([], { CONSENT: 'required', HISTORY_DAYS: '7' });
  }, 120_000);
  afterAll(() => session.close());

  it('asks for the consent of a new person, with the photo', async () => {
    const { page, errors } = await session.open('/');
    await page.locator('#footer .status').waitFor();
    await dropFiles(page, 'main', [jpeg('Ada Lovelace.jpg', session.photos.portrait)]);
    await page.getByLabel('Why the face may be processed').selectOption('consent');
    await page.getByLabel('Note, such as').fill('Form 7');
    expect(await findings(page)).toEqual([]);
    await page.keyboard.press('Enter');
    await page.getByText('Enrolled as Ada Lovelace').waitFor();
    const date = new Date().toISOString().slice(0, 10);
    const { consent } = session.server.core.gallery.person('Ada Lovelace');
    expect(consent).toEqual({ basis: 'consent', date, note: 'Form 7' });
    expect(errors).toEqual([]);
  });

  it('asks once for the consent of all new people of an import', async () => {
    const { page, errors } = await session.open('/');
    const photo = { name: 'Cy/1.jpg', bytes: session.photos.otherPerson };
    const archive = { name: 'class.zip', mimeType: 'application/zip', buffer: rawZip([photo]) };
    await page.getByLabel('Choose a ZIP archive').setInputFiles(archive);
    const enrol = page.getByRole('button', { name: 'Enrol these people' });
    await enrol.click();
    expect(session.server.core.people.nameOf('Cy')).toBe(null);
    await page.getByLabel('Why the face may be processed').selectOption('contract');
    await page.getByLabel('Note, such as').fill('School contract');
    expect(await findings(page)).toEqual([]);
    await enrol.click();
    await page.locator('.uploads-sentence', { hasText: '1 enrolled' }).waitFor();
    const date = new Date().toISOString().slice(0, 10);
    const { consent } = session.server.core.gallery.person('Cy');
    expect(consent).toEqual({ basis: 'contract', date, note: 'School contract' });
    expect(errors).toEqual([]);
  });

  it('asks for it where a stranger gets a name, too', async () => {
    const face = { ...faceOf(), crop: session.photos.otherPerson };
    await session.server.core.history.store.add(sightingOf({ person: null, at: new Date() }), face, () => true);
    const { page, errors } = await session.open('/seen.html');
    const card = page.locator('.sighting').first();
    await card.locator('summary', { hasText: 'Give a name' }).click();
    await card.locator('input').fill('Grace Hopper');
    await page.keyboard.press('Enter');
    const dialog = page.locator('dialog');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('only with a recorded consent').first().waitFor();
    expect(session.server.core.people.nameOf('Grace Hopper')).toBe(null);
    await card.locator('input').press('Enter');
    await dialog.getByLabel('Why the face may be processed').selectOption('contract');
    expect(await findings(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Enrol with this consent' }).click();
    await card.locator('.sighting-name', { hasText: 'Grace Hopper' }).waitFor();
    expect(session.server.core.gallery.person('Grace Hopper').consent).toMatchObject({ basis: 'contract' });
    expect(errors).toEqual([]);
  });
});
