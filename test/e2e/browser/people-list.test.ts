import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EmbedderContract } from '../../../src/faces/embed/embedder.js';
import { openNpyGallery } from '../../../src/gallery/files/open-npy-gallery.js';
import { startServer, type TestServer } from '../../helpers/server.js';
import { findings } from '../../helpers/browser/axe.js';
import { unzipped } from '../../helpers/zip.js';
import { hasChromium, needsChromium } from '../../helpers/browser/browser.js';
import { naturalWidth } from '../../helpers/browser/pixels.js';
import { startSession, type Session } from '../../helpers/browser/session.js';

/** Changing who is enrolled on the page People. */
describe.skipIf(!hasChromium)(`the list of people${needsChromium}`, () => {
  let session: Session;
  beforeAll(async () => {
    session = await startSession();
    const { portrait, samePerson, otherPerson } = session.photos;
    await session.enrol('Ada Lovelace', portrait);
    await session.enrol('Ada Lovelace', samePerson);
    await session.enrol('Grace Hopper', otherPerson);
  });
  afterAll(() => session.close());

  const card = (page: Page, name: string) => page.locator('.person', { hasText: name });

  it('shows who they are, how many photos they have and since when', async () => {
    const { page } = await session.open('/');
    const ada = card(page, 'Ada Lovelace');
    await ada.waitFor();
    const today = new Date().toLocaleDateString('en-GB', { dateStyle: 'medium' });
    expect(await ada.innerText()).toMatch(new RegExp(`Ada Lovelace\\s+2 photos · since ${today}`));
    const thumbnail = ada.locator('.thumbnail img').first();
    await expect.poll(() => naturalWidth(thumbnail)).toBeGreaterThan(50);
    expect(await thumbnail.evaluate((image: HTMLImageElement) => image.currentSrc)).toMatch(/crop\?size=72$/);
  });

  it('uses the list that index.html preloads, and requests it once', async () => {
    const { page } = await session.open('/login.html');
    const requests: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(new URL('./', page.url()).href);
    await card(page, 'Ada Lovelace').waitFor();
    await page.waitForLoadState('networkidle');
    expect(requests.filter((url) => url.includes('/people?'))).toHaveLength(1);
  });

  it('renames, refuses a name that is taken, and leaves by Escape', async () => {
    const { page } = await session.open('/');
    await page.getByRole('button', { name: 'Rename Ada Lovelace' }).click();
    await page.getByLabel('New name').fill('Grace Hopper');
    await page.keyboard.press('Enter');
    await page.getByText('A person with this name is already enrolled.').waitFor();
    await page.keyboard.press('Escape');
    expect(await page.getByLabel('New name').count()).toBe(0);
    expect(await session.names()).toEqual(['Ada Lovelace', 'Grace Hopper']);

    await page.keyboard.press('F2');
    await page.getByLabel('New name').fill('');
    await page.keyboard.type('Augusta Ada King');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { name: 'Augusta Ada King' }).waitFor();
    expect(await session.names()).toEqual(['Augusta Ada King', 'Grace Hopper']);
    await page.getByRole('button', { name: 'Rename Augusta Ada King' }).click();
    await page.getByLabel('New name').fill('Ada Lovelace');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Ada Lovelace' }).waitFor();
  });

  it('shows and changes ids and groups, filters by group, and refuses an id that is taken', async () => {
    const { page } = await session.open('/');
    await card(page, 'Grace Hopper').waitFor();
    expect(await page.getByLabel('Group', { exact: true }).isVisible()).toBe(false);
    await page.getByRole('button', { name: 'Rename Ada Lovelace' }).click();
    await page.getByLabel('Your own id for the person').fill('E-1815');
    await page.getByLabel('Groups, separated by commas').fill('staff, night,, ');
    await page.keyboard.press('Enter');
    await card(page, 'Ada Lovelace').getByText('staff').waitFor();
    expect(await card(page, 'Ada Lovelace').locator('.person-about span').allInnerTexts()).toEqual([
      'E-1815',
      'night',
      'staff',
    ]);
    const reply = await fetch(`${session.server.url}/people?id=E-1815`);
    expect(await reply.json()).toMatchObject({ people: [{ name: 'Ada Lovelace', groups: ['night', 'staff'] }] });

    await page.getByRole('button', { name: 'Rename Grace Hopper' }).click();
    await page.getByLabel('Your own id for the person').fill('E-1815');
    await page.keyboard.press('Enter');
    await page.getByText('Another person already has this id.').waitFor();
    await page.keyboard.press('Escape');

    const filter = page.getByLabel('Group', { exact: true });
    await filter.selectOption({ label: 'night (1)' });
    await card(page, 'Grace Hopper').waitFor({ state: 'detached' });
    expect(await page.locator('.person').count()).toBe(1);
    await filter.selectOption('');
    await card(page, 'Grace Hopper').waitFor();
  });

  it('merges two into one after asking, and suggests whom', async () => {
    await session.enrol('G. Hopper', session.photos.otherPerson);
    const { page, errors } = await session.open('/');
    await page.getByRole('button', { name: 'Merge G. Hopper with another person' }).click();
    const field = page.getByLabel('G. Hopper is the same person as');
    await field.fill('gra');
    await expect
      .poll(() =>
        page.locator('datalist option').evaluateAll((all) => all.map((one) => (one as HTMLOptionElement).value)),
      )
      .toEqual(['Grace Hopper']);
    await field.fill('Grace Hopper');
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    await dialog.getByText('All photos of G. Hopper become photos of Grace Hopper').waitFor();
    await dialog.getByRole('button', { name: 'Merge' }).click();
    await card(page, 'Grace Hopper').getByText('2 photos').waitFor();
    expect(await session.names()).toEqual(['Ada Lovelace', 'Grace Hopper']);
    expect(errors).toEqual([]);
  });

  it('deletes a person after saying what will be erased', async () => {
    const { page } = await session.open('/');
    await page.getByRole('button', { name: 'Delete Grace Hopper' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('2 crops and 2 embeddings of Grace Hopper are erased').waitFor();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'hidden' });
    expect(await session.names()).toContain('Grace Hopper');
    expect(await page.locator(':focus').getAttribute('aria-label')).toBe('Delete Grace Hopper');

    await page.keyboard.press('Enter');
    await dialog.getByRole('button', { name: 'Delete person' }).click();
    await card(page, 'Grace Hopper').waitFor({ state: 'detached' });
    expect(await session.names()).toEqual(['Ada Lovelace']);
    await expect.poll(() => page.locator('#footer').innerText()).toMatch(/People\s+1/);
  });

  describe('with 120 people', () => {
    let dataDir: string;
    let server: TestServer;
    beforeAll(async () => {
      dataDir = await mkdtemp(join(tmpdir(), 'rostro-'));
      await enrolMany(dataDir, session.server.core.pipeline.info.contract, 120);
      server = await startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api', ROSTRO_DATA: dataDir });
    });
    afterAll(async () => {
      await server.close();
      await rm(dataDir, { recursive: true, force: true });
    });

    it('shows 48 at a time, in pages', async () => {
      const { page } = await session.open('/');
      await page.goto(server.url);
      await page.getByText('120 people').waitFor();
      expect(await page.locator('.person').count()).toBe(48);
      const pages = page.getByRole('navigation', { name: 'Pages of people' });
      expect(await pages.getByRole('button').allInnerTexts()).toEqual(['1', '2', '3']);
      await pages.getByRole('button', { name: 'Page 3' }).click();
      await page.getByRole('heading', { name: 'Person 119' }).waitFor();
      expect(await page.locator('.person').count()).toBe(24);
      expect(await pages.getByRole('button', { name: 'Page 3' }).getAttribute('aria-current')).toBe('page');
    });

    it('finds people by part of their name', async () => {
      const { page } = await session.open('/');
      await page.goto(server.url);
      await page.getByText('120 people').waitFor();
      await page.getByRole('searchbox', { name: 'Search by name' }).fill('son 11');
      await page.getByText('10 people').waitFor();
      expect(await page.locator('.person-name').first().innerText()).toBe('Person 110');
      expect(await page.locator('#people-pages button').count()).toBe(0);
      await page.getByRole('searchbox').fill('<b>');
      await page.getByText('Nobody’s name contains “<b>”.').waitFor();
      expect(await page.locator('.person').count()).toBe(0);
    });
    it('keeps in the address what it shows, for Back and for a reload', async () => {
      const { page } = await session.open('/');
      await page.goto(`${server.url}/?sort=newest&page=2`);
      await page.getByRole('heading', { name: 'Person 071' }).waitFor();
      await page.getByLabel('Order').selectOption('name');
      await page.getByRole('heading', { name: 'Person 000' }).waitFor();
      expect(new URL(page.url()).search).toBe('');
      await page.getByRole('button', { name: 'Page 3' }).click();
      await page.getByRole('heading', { name: 'Person 119' }).waitFor();
      expect(new URL(page.url()).search).toBe('?page=3');
      await page.reload();
      await page.getByRole('heading', { name: 'Person 119' }).waitFor();
      await page.goBack();
      await page.getByRole('heading', { name: 'Person 000' }).waitFor();
      await page.goBack();
      await page.getByRole('heading', { name: 'Person 071' }).waitFor();
      expect(await page.getByLabel('Order').inputValue()).toBe('newest');
    });

    it('is one tab stop, in which arrow keys move, and leads to the page of a person', async () => {
      const { page } = await session.open('/');
      await page.goto(server.url);
      await page.getByText('120 people').waitFor();
      await page.locator('.person-actions button').first().waitFor();
      await page.locator('#select').focus();
      const focused = () => page.evaluate(() => document.activeElement!.textContent.trim());
      await page.keyboard.press('Tab');
      expect(await focused()).toBe('Person 000');
      for (const [key, name] of [
        ['ArrowRight', 'Person 001'],
        ['ArrowDown', 'Person 004'],
        ['ArrowUp', 'Person 001'],
        ['End', 'Person 047'],
        ['ArrowRight', 'Person 047'],
        ['Home', 'Person 000'],
        ['ArrowRight', 'Person 001'],
      ]) {
        await page.keyboard.press(key);
        expect(await focused()).toBe(name);
      }
      await page.keyboard.press('Tab');
      expect(await focused()).toBe('1');
      await page.keyboard.press('Shift+Tab');
      expect(await focused()).toBe('Person 001');
      await page.keyboard.press('Enter');
      await page.waitForURL(/\/person\.html\?name=Person%20001$/);
    });

    it('skips to the content, and opens its own help', async () => {
      const { page } = await session.open('/');
      await page.goto(server.url);
      await page.locator('.skip-link').waitFor({ state: 'attached' });
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('MAIN');
      await page.getByRole('link', { name: 'Help' }).click();
      await page.getByRole('heading', { level: 1, name: 'People and privacy' }).waitFor();
    });

    it('adds many people to a group, exports and deletes them, with one question', async () => {
      const { page, errors } = await session.open('/', { acceptDownloads: true });
      await page.goto(`${server.url}/?search=Person+11`);
      await page.getByText('10 people').waitFor();
      await page.getByRole('button', { name: 'Select', exact: true }).click();
      await page.locator('.person-select:focus').waitFor();
      await page.keyboard.press('Space');
      await page.getByText('1 selected').waitFor();
      await page.locator('.person').nth(3).click();
      await page.getByText('2 selected').waitFor();
      await page.getByRole('button', { name: 'Select all 10' }).click();
      await page.getByText('10 selected').waitFor();
      await page.getByPlaceholder('Group').fill('eleven');
      await page.getByRole('button', { name: 'Add to group' }).click();
      await page.locator('#people-task').getByText('10 done.').waitFor();
      await expect.poll(() => page.locator('.person-group', { hasText: 'eleven' }).count()).toBe(10);
      expect(await findings(page)).toEqual([]);

      const download = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Export' }).click();
      const files = await unzipped(await readFile(await (await download).path()));
      expect(files.has('Person 110/person.json')).toBe(true);

      await page.locator('#people-selection').getByRole('button', { name: 'Delete' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByText('these 10 people are erased').waitFor();
      await dialog.getByRole('button', { name: 'Delete 10 people' }).click();
      await page.getByText('Nobody’s name contains “Person 11”.').waitFor();
      const { total } = (await (await fetch(`${server.url}/people`)).json()) as { total: number };
      expect(total).toBe(110);
      expect(errors).toEqual([]);
    });

    it('shows the letters of a long list', async () => {
      const { page } = await session.open('/');
      await page.goto(server.url);
      await page.locator('.person').first().waitFor();
      const names = page.getByRole('toolbar', { name: 'First letter of the name' });
      expect(await names.isVisible()).toBe(false);
      const renamed = await fetch(`${server.url}/people/Person%20000`, {
        method: 'PATCH',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'Ödön' }),
      });
      expect(renamed.status).toBe(200);
      await page.reload();
      await names.getByRole('button', { name: 'Names with O' }).click();
      await page.getByText('1 person').waitFor();
      expect(new URL(page.url()).search).toBe('?initial=O');
      await names.getByRole('button', { name: 'All' }).click();
      await page.getByText('110 people').waitFor();
    });
  });
});

/** Writes people straight into a data folder: the pages need many, not their faces. */
async function enrolMany(dataDir: string, contract: EmbedderContract, count: number): Promise<void> {
  const { gallery } = await openNpyGallery({ dataDir, contract });
  const boxInCrop = { x: 0, y: 0, width: 1, height: 1 };
  for (let i = 0; i < count; i++) {
    const embedding = new Float32Array(contract.dimension).fill(i);
    const name = `Person ${String(i).padStart(3, '0')}`;
    await gallery.add(name, { embedding, crop: Buffer.from('no picture'), details: { confidence: 1, boxInCrop } });
  }
}
