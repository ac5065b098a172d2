import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium, needsChromium } from '../../helpers/browser/browser.js';
import { dropFiles, jpeg, text } from '../../helpers/browser/files.js';
import { naturalWidth } from '../../helpers/browser/pixels.js';
import { startSession, type Session } from '../../helpers/browser/session.js';

/** Enrolling from the page People. */
describe.skipIf(!hasChromium)(`enrolling from the browser${needsChromium}`, () => {
  let session: Session;
  beforeAll(async () => {
    session = await startSession();
  });
  afterAll(() => session.close());

  it('says at first that nobody is enrolled, what the server runs, and where the webcam is', async () => {
    const { page, errors } = await session.open('/');
    await page.getByText('Nobody is enrolled yet').waitFor();
    expect(await page.title()).toBe('People · Rostro');
    await page.locator('#footer .status').waitFor();
    const footer = await page.locator('#footer').innerText();
    expect(footer.replace(/\s+/g, ' ')).toMatch(/Detector ssd Embedder face-api Runs on cpu People 0 Version \d/);
    expect(footer).toContain('a printed photo of a person is recognised as that person');
    const live = page.getByRole('link', { name: /Recognise live\s+opens the webcam/ });
    expect(await live.getAttribute('href')).toBe('live.html');
    expect(errors).toEqual([]);
  });

  it('enrols two good photos of three that are dropped together, and says what is wrong with the third', async () => {
    const { page, errors } = await session.open('/');
    const { portrait, otherPerson, landscape } = session.photos;
    await dropFiles(page, 'main', [
      jpeg('Ada Lovelace.jpg', portrait),
      jpeg('Grace Hopper.jpg', otherPerson),
      jpeg('Nobody here.jpg', landscape),
    ]);

    const rows = page.locator('.upload');
    await page.locator('.upload[data-state=enrolled]').nth(1).waitFor();
    await rows.nth(0).getByText('No face was found.').waitFor();
    const done = page.locator('#uploads-done .upload');
    expect((await done.locator('.upload-status').allInnerTexts()).map((text) => text.trim()).sort()).toEqual([
      expect.stringContaining('Enrolled as Ada Lovelace'),
      expect.stringContaining('Enrolled as Grace Hopper'),
    ]);
    expect(await page.locator('.upload-quality').allInnerTexts()).toEqual([
      '',
      expect.stringMatching(
        /^Quality \d+%(, weakest: (size of the face|sharpness|light|angle of the head|distance from the edge))?$/,
      ),
      expect.stringMatching(/^Quality \d+%/),
    ]);
    for (const row of [0, 1]) {
      const crop = done.nth(row).getByRole('img', { name: /^The face that was kept of / });
      await expect.poll(() => naturalWidth(crop)).toBeGreaterThan(50);
    }
    await rows.nth(0).getByRole('img', { name: 'The photo Nobody here.jpg' }).waitFor();
    expect(await page.locator('.uploads-sentence').innerText()).toBe('2 enrolled · 1 refused');

    await page.locator('.person').nth(1).waitFor();
    expect(await page.locator('.person-name').allInnerTexts()).toEqual(['Ada Lovelace', 'Grace Hopper']);
    await expect.poll(() => page.locator('#footer').innerText()).toMatch(/People\s+2/);
    expect(await session.names()).toEqual(['Ada Lovelace', 'Grace Hopper']);
    expect(errors).toEqual([]);
  });

  it('sends two photos at once, each with a progress bar, and shows how far all of them are', async () => {
    const { page } = await session.open('/');
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    let underWay = 0;
    await page.route('**/upload', async (route) => {
      underWay++;
      await held;
      await route.continue();
    });
    await dropFiles(
      page,
      'main',
      ['one', 'two', 'three'].map((name) => text(`${name}.txt`)),
    );
    await page.locator('.uploads-sentence', { hasText: '3 still to go' }).waitFor();
    expect(await page.getByRole('progressbar').count()).toBe(4);
    expect(await page.getByRole('progressbar', { name: 'Sending two.txt' }).getAttribute('aria-valuenow')).toBe('0');
    expect(await page.locator('.upload[data-state=waiting]').count()).toBe(1);
    expect(underWay).toBe(2);
    release();
    await page.locator('.uploads-sentence', { hasText: '3 refused' }).waitFor();
    expect(await page.getByText('This file is not a picture.').count()).toBe(3);
    expect(await page.getByRole('progressbar').count()).toBe(0);
    await page.getByRole('button', { name: 'Clear this list' }).click();
    expect(await page.locator('#uploads').isVisible()).toBe(false);
  });

  it('lets one choose a face with the keyboard and name it, where a photo has several', async () => {
    const { page } = await session.open('/');
    await page.getByLabel('Choose photos').setInputFiles([jpeg('The team.jpg', session.photos.group)]);
    await page.getByText('There are several faces in this photo.').waitFor();
    await page.getByRole('button', { name: 'Face 1 of 2' }).focus();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    const name = page.getByLabel('Who is this?');
    expect(await name.inputValue()).toBe('The team');
    await name.fill('The right one');
    const reply = page.waitForResponse('**/upload');
    await page.keyboard.press('Enter');
    await page.getByText('Enrolled as The right one').waitFor();
    const { enrolled } = (await (await reply).json()) as { enrolled: { box: { x: number } }[] };
    // The second face stands in the right half of the photo, which begins after the 435 pixels of the first.
    expect(enrolled[0].box.x).toBeGreaterThan(435);

    await page.getByRole('button', { name: 'Choose another face of this photo' }).click();
    await page.getByRole('button', { name: 'Face 1 of 2' }).click();
    await page.getByLabel('Who is this?').fill('The left one');
    await page.getByRole('button', { name: 'Enrol', exact: true }).click();
    await page.getByText('Enrolled as The left one').waitFor();
    expect(await session.names()).toEqual(expect.arrayContaining(['The left one', 'The right one']));
  });

  it('asks for the name where the camera named the file, and takes a better one after a refusal', async () => {
    const { page } = await session.open('/');
    await dropFiles(page, 'main', [jpeg('IMG_20260301_120000.jpg', session.photos.portrait)]);
    await page.getByText('The file’s name does not say who this is.').waitFor();
    await page.getByLabel('Who is this?').fill('a/b');
    await page.keyboard.press('Enter');
    await page.getByText('This name cannot be used.').waitFor();
    await page.getByLabel('Who is this?').fill('Katherine Johnson');
    await page.keyboard.press('Enter');
    await page.getByText('Enrolled as Katherine Johnson').waitFor();
  });

  it('shows a name made of HTML as the text it is', async () => {
    const { page, dialogs, errors } = await session.open('/');
    const name = '<img src=x onerror=alert(1)>';
    await page.getByRole('button', { name: 'Enrol people' }).click();
    await page.getByLabel('Name for all of them').fill(name);
    await dropFiles(page, 'main', [jpeg('x.jpg', session.photos.portrait)]);
    await page.getByText(`Enrolled as ${name}`).waitFor();
    expect(await page.getByLabel('Name for all of them').inputValue()).toBe('');
    const person = page.locator('.person', { hasText: name });
    await person.getByRole('button', { name: `Delete ${name}`, exact: true }).click();
    await page.getByRole('dialog').getByText(`Delete ${name}?`).waitFor();
    expect(await page.locator('img[src="x"]').count()).toBe(0);
    expect(dialogs).toEqual([]);
    expect(errors).toEqual([]);
  });
});
