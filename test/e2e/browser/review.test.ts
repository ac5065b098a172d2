import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKey } from '../../helpers/access.js';
import { findings } from '../../helpers/browser/axe.js';
import { hasChromium, needsChromium } from '../../helpers/browser/browser.js';
import { dropFiles, jpeg, text } from '../../helpers/browser/files.js';
import { startSession, type Session } from '../../helpers/browser/session.js';

/** The review of what was dropped on the page People: a class of 26 files with every kind of problem. */
describe.skipIf(!hasChromium)(`the review of photos${needsChromium}`, () => {
  let session: Session;
  beforeAll(async () => {
    session = await startSession();
  });
  afterAll(() => session.close());

  const sentence = (page: Page) => page.locator('#uploads-sentence');
  const questions = (page: Page) => page.locator('#uploads-list .upload[data-asks=true]');

  /** The same face in another file. */
  const variant = (number: number) =>
    sharp(session.photos.portrait)
      .jpeg({ quality: 95 - number })
      .toBuffer();

  async function classOf26() {
    const { group, landscape, otherPerson } = session.photos;
    const pupils = await Promise.all(
      Array.from({ length: 17 }, async (_, i) => jpeg(`Pupil ${'ABCDEFGHIJKLMNOPQ'[i]}.jpg`, await variant(i))),
    );
    return [
      text('register.txt'),
      jpeg('Nobody here.jpg', landscape),
      jpeg('The sky.jpg', landscape),
      ...pupils,
      jpeg('Two of them.jpg', group),
      jpeg('IMG_2031.jpg', otherPerson),
      jpeg('employee.jpg', await variant(18)),
      jpeg('Once.jpg', await variant(20)),
      jpeg('Twice.jpg', await variant(20)),
      jpeg('Lying.jpg', await sharp(otherPerson).rotate(90).jpeg().toBuffer()),
    ];
  }

  it('asks what it must, folds what went well, and undoes an answer', async () => {
    const { page, errors } = await session.open('/', { viewport: { width: 390, height: 844 } });
    await dropFiles(page, 'main', await classOf26());
    await expect.poll(() => sentence(page).innerText(), { timeout: 180_000 }).not.toContain('to go');
    // Both of a pair that is sent at once may be the one that came second.
    expect(await sentence(page).innerText()).toBe('20 enrolled · 3 refused · 5 questions');
    expect(await page.locator('#announcer').innerText()).toBe('20 enrolled · 3 refused · 5 questions');
    const order = await page
      .locator('#uploads-list .upload')
      .evaluateAll((cards) => cards.map((card) => card.getAttribute('data-kind')));
    expect(order).toEqual([...Array<string>(5).fill('asking'), ...Array<string>(3).fill('refused')]);
    expect(await page.locator('#uploads-done').evaluate((element) => element.hasAttribute('open'))).toBe(false);
    expect(await page.locator('#uploads-done summary').innerText()).toBe('18 photos need nothing more');
    expect(await findings(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);

    const card = (file: string) => page.locator('.upload', { has: page.getByText(file, { exact: true }) });
    await card('Two of them.jpg').getByRole('button', { name: 'Face 2 of 2' }).click();
    await card('Two of them.jpg').getByLabel('Who is this?').fill('Grace Hopper');
    await page.keyboard.press('Enter');
    // The focus goes to the next question.
    await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('data-kind'))).toBe('asking');
    await card('IMG_2031.jpg').getByLabel('Who is this?').fill('Grace Hopper');
    await page.keyboard.press('Enter');
    await card('employee.jpg').getByRole('button', { name: '“employee” is the name' }).click();
    const doubled = questions(page).filter({ hasText: 'The same photo is enrolled under another name, too' });
    await doubled.getByRole('button', { name: 'Undo the enrolment of' }).click();
    await card('Lying.jpg').getByRole('button', { name: 'Keep it' }).click();
    await expect.poll(() => sentence(page).innerText()).toBe('22 enrolled · 3 refused · 1 undone');
    expect(await page.locator('#uploads-next').isVisible()).toBe(false);
    expect((await session.names()).filter((name) => ['Once', 'Twice'].includes(name))).toHaveLength(1);

    await page.locator('#uploads-done summary').click();
    await page.getByRole('button', { name: 'Undo the enrolment of Pupil C.jpg' }).click();
    await page.getByText('Undone: the photo is not stored for Pupil C any more').first().waitFor();
    const names = await session.names();
    expect(names).not.toContain('Pupil C');
    expect(names).toEqual(expect.arrayContaining(['Pupil B', 'employee', 'Grace Hopper', 'Lying']));
    expect(errors).toEqual([]);
  });

  it('lets a key of the scope "enrol" undo its own photo', async () => {
    const { key } = await createKey(session.server.dataDir, 'enrol');
    const { page } = await session.open('/login.html');
    await page.locator('input[type=password]').fill(key);
    await page.keyboard.press('Enter');
    await page.locator('#people').waitFor();
    await dropFiles(page, 'main', [jpeg('Hedy Lamarr.jpg', await variant(40))]);
    await page.getByRole('button', { name: 'Undo the enrolment of Hedy Lamarr.jpg' }).click();
    await sentence(page).filter({ hasText: '1 undone' }).waitFor();
    const reply = await fetch(`${session.server.url}/people/Hedy%20Lamarr`, { headers: { 'x-api-key': key } });
    expect(reply.status).toBe(404);
  });
});
