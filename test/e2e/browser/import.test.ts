import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import iconv from 'iconv-lite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKey } from '../../helpers/access.js';
import { writePeopleFolders, writeSky } from '../../helpers/people-folders.js';
import { rawZip } from '../../helpers/raw-zip.js';
import { samplePhoto } from '../../helpers/shared.js';
import { hasChromium, needsChromium } from '../../helpers/browser/browser.js';
import { startSession, type Session } from '../../helpers/browser/session.js';

/** Many photos at once, from the page People. */
describe.skipIf(!hasChromium)(`importing from the browser${needsChromium}`, () => {
  let session: Session;
  let dir: string;
  beforeAll(async () => {
    session = await startSession();
    dir = await mkdtemp(join(tmpdir(), 'rostro-browser-import-'));
    await writePeopleFolders(join(dir, 'photos'));
    await writeSky(join(dir, 'photos', 'Ada', 'sky.jpg'));
    await writeFile(join(dir, 'photos', '.hidden'), '');
  });
  afterAll(async () => {
    await session.close();
    await rm(dir, { recursive: true, force: true });
  });

  it('enrols a folder and says which photos are not in, and why', async () => {
    const { page, errors } = await session.open('/');
    await page.getByLabel('Choose a folder').setInputFiles(join(dir, 'photos'));
    await page.getByText('3 people were found:').waitFor();
    expect(await page.locator('.import-people li').allInnerTexts()).toEqual([
      'Ada: 3 photos',
      'Bo: 2 photos',
      'Cy: 2 photos',
    ]);
    expect(await session.names()).toEqual([]);
    await page.getByRole('button', { name: 'Enrol these people' }).click();
    await page.locator('.uploads-sentence', { hasText: '6 enrolled · 1 refused' }).waitFor();
    const problems = page.locator('#uploads-list .upload');
    expect(await problems.allInnerTexts()).toEqual([expect.stringMatching(/^Ada\/sky\.jpg\s+No face was found\./)]);
    expect(await page.locator('#uploads-done').getAttribute('open')).toBe(null);
    await page.locator('.person').nth(2).waitFor();
    expect(await session.names()).toEqual(['Ada', 'Bo', 'Cy']);
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download what became of each photo' }).click();
    expect(await readFile(await (await download).path(), 'utf8')).toMatch(/^Ada\/sky\.jpg,\d+,Ada,refused,no_face/m);
    expect(errors).toEqual([]);
  });

  it('shows a photo with several faces and enrols the one that is clicked', async () => {
    const { page, errors } = await session.open('/');
    const archive = join(dir, 'more.zip');
    await writeFile(archive, rawZip([{ name: 'Dee/group.jpg', bytes: await readFile(samplePhoto(1)) }]));
    await page.getByLabel('Choose a ZIP archive').setInputFiles(archive);
    await page.getByRole('button', { name: 'Enrol these people' }).click();
    await page.getByText('Click the face of Dee.').waitFor();
    await page.getByRole('button', { name: /^Face 1 of / }).click();
    await page.getByText('Enrolled as Dee').waitFor();
    expect(await session.names()).toContain('Dee');
    expect(errors).toEqual([]);
  });

  it('asks where names come from if that is not certain, and enrols nobody before', async () => {
    const { page, errors } = await session.open('/');
    const archive = join(dir, 'wrapped.zip');
    const photo = await readFile(join(dir, 'photos', 'Bo', 'Bo_0001.jpg'));
    await writeFile(
      archive,
      rawZip([
        { name: 'Initech/Gus.jpg', bytes: photo },
        { name: 'Initech/IMG_2031.mov', bytes: Buffer.from('a video') },
      ]),
    );
    const choose = () => page.getByLabel('Choose a ZIP archive').setInputFiles(archive);
    await choose();
    await page.getByText('0 people were found:').waitFor();
    expect(await page.locator('#import-plan .import-list').innerText()).toMatch(
      /Initech\/Gus\.jpg\s+It is not clear whose photo this is\.[^]*IMG_2031\.mov\s+This file is not a picture/,
    );
    expect(await page.getByRole('button', { name: 'Enrol these people' }).isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await choose();
    await page.getByLabel('Names come from').selectOption({ label: 'the files' });
    await page.getByText('Gus: 1 photo').waitFor();
    expect(await session.names()).not.toContain('Gus');
    await page.getByRole('button', { name: 'Enrol these people' }).click();
    await page.locator('.uploads-sentence', { hasText: '1 enrolled · 1 refused' }).waitFor();
    expect(await session.names()).toContain('Gus');
    expect(errors).toEqual([]);
  });

  it.each([
    ['', 0, ['Hal', 'Ivy']],
    [' that is read until the page has loaded', 3000, ['Joy', 'Kim']],
  ])('previews a dropped folder%s', async (_, readMs, names) => {
    const { page, errors } = await session.open('/', { serviceWorkers: 'block' });
    const photo = (await readFile(join(dir, 'photos', 'Cy', 'Cy_0002.jpg'))).toString('base64');
    let release = (): void => undefined;
    if (readMs > 0) {
      // Dropped before the page can take it, and read afterwards.
      const held = new Promise<void>((resolve) => (release = resolve));
      await page.route('**/js/people/uploads.js', (route) => held.then(() => route.continue()));
      await page.reload({ waitUntil: 'commit' });
      await page.locator('.person, .empty').first().waitFor();
    }
    await page.evaluate(
      ([base64, readMs, names]) => {
        const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
        const entries = names.map((name) => ({
          isFile: true,
          fullPath: `/staff/${name}.jpg`,
          file: (give: (file: File) => void) => give(new File([bytes, name], `${name}.jpg`)),
        }));
        const readEntries = (give: (found: object[]) => void) => setTimeout(() => give(entries.splice(0)), readMs);
        const folder = { isFile: false, createReader: () => ({ readEntries }) };
        const event = new DragEvent('drop', { bubbles: true, cancelable: true });
        const dataTransfer = { types: ['Files'], items: [{ webkitGetAsEntry: () => folder }] };
        Object.defineProperty(event, 'dataTransfer', { value: dataTransfer });
        document.body.dispatchEvent(event);
      },
      [photo, readMs, names] as const,
    );
    release();
    await page.getByText('2 people were found:').waitFor();
    expect(await page.locator('.import-people li').allInnerTexts()).toEqual(names.map((name) => `${name}: 1 photo`));
    await page.getByRole('button', { name: 'Enrol these people' }).click();
    await page.locator('.uploads-sentence', { hasText: '2 enrolled' }).waitFor();
    expect(await session.names()).toEqual(expect.arrayContaining(names));
    expect(errors).toEqual([]);
  });

  it('asks how names read right that are not UTF-8', async () => {
    const { page, errors } = await session.open('/');
    const archive = join(dir, 'dos.zip');
    const bytes = await readFile(join(dir, 'photos', 'Cy', 'Cy_0001.jpg'));
    await writeFile(archive, rawZip([{ name: iconv.encode('Zoë/1.jpg', 'cp850'), bytes }]));
    await page.getByLabel('Choose a ZIP archive').setInputFiles(archive);
    await page.getByLabel('How do the names read right?').selectOption('Zoë/1.jpg (cp850)');
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByText('Zoë: 1 photo').waitFor();
    await page.getByRole('button', { name: 'Enrol these people' }).click();
    await page.locator('.uploads-sentence', { hasText: '1 enrolled' }).waitFor();
    expect(await session.names()).toContain('Zoë');
    expect(errors.filter((error) => !error.includes('422'))).toEqual([]);
  });

  it('says in Spanish what is wrong with an archive', async () => {
    const { page } = await session.open('/', { locale: 'es-ES' });
    await writeFile(join(dir, 'cut.zip'), Buffer.from('PK\x03\x04 and no more'));
    await page.getByLabel('Elegir un archivo ZIP').setInputFiles(join(dir, 'cut.zip'));
    await page.getByText('El archivo comprimido no se puede usar').waitFor();
  });

  it('is not shown to a key that may not import', async () => {
    const { key } = await createKey(session.server.dataDir, 'enrol');
    const { page } = await session.open('/login.html');
    await page.locator('input[type=password]').fill(key);
    await page.keyboard.press('Enter');
    await page.locator('.person').first().waitFor();
    expect(await page.getByLabel('Choose a ZIP archive').isVisible()).toBe(false);
  });
});
