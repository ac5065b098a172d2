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
    await page.getByText('Many photos at once').click();
    await page.getByLabel('Choose a folder').setInputFiles(join(dir, 'photos'));
    await page.locator('.import-sentence', { hasText: '6 photos enrolled · 1 not enrolled' }).waitFor();
    const list = page.locator('.import-list li');
    expect(await list.allInnerTexts()).toEqual([expect.stringMatching(/^Ada\/sky\.jpg\s+No face was found\./)]);
    await page.locator('.person').nth(2).waitFor();
    expect(await session.names()).toEqual(['Ada', 'Bo', 'Cy']);
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download what became of each photo' }).click();
    expect(await readFile(await (await download).path(), 'utf8')).toContain('Ada/sky.jpg,,Ada,refused,no_face');
    expect(errors).toEqual([]);
  });

  it('shows a photo with several faces and enrols the one that is clicked', async () => {
    const { page, errors } = await session.open('/');
    const archive = join(dir, 'more.zip');
    await writeFile(archive, rawZip([{ name: 'Dee/group.jpg', bytes: await readFile(samplePhoto(1)) }]));
    await page.getByText('Many photos at once').click();
    await page.getByLabel('Choose a ZIP archive').setInputFiles(archive);
    await page.getByRole('button', { name: 'Choose the face in Dee/group.jpg' }).click();
    await page.getByText('Click the face of Dee.').waitFor();
    await page.getByRole('button', { name: /^Face 1 of / }).click();
    await page.getByText('Enrolled as Dee').waitFor();
    expect(await session.names()).toContain('Dee');
    expect(errors).toEqual([]);
  });

  it('asks how names read right that are not UTF-8', async () => {
    const { page, errors } = await session.open('/');
    const archive = join(dir, 'dos.zip');
    const bytes = await readFile(join(dir, 'photos', 'Cy', 'Cy_0001.jpg'));
    await writeFile(archive, rawZip([{ name: iconv.encode('Zoë/1.jpg', 'cp850'), bytes }]));
    await page.getByText('Many photos at once').click();
    await page.getByLabel('Choose a ZIP archive').setInputFiles(archive);
    await page.getByLabel('How do the names read right?').selectOption('Zoë/1.jpg (cp850)');
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.locator('.import-sentence', { hasText: '1 photo enrolled' }).waitFor();
    expect(await session.names()).toContain('Zoë');
    expect(errors.filter((error) => !error.includes('422'))).toEqual([]);
  });

  it('says in Spanish what is wrong with an archive', async () => {
    const { page } = await session.open('/', { locale: 'es-ES' });
    await writeFile(join(dir, 'cut.zip'), Buffer.from('PK\x03\x04 and no more'));
    await page.getByText('Muchas fotos a la vez').click();
    await page.getByLabel('Elegir un archivo ZIP').setInputFiles(join(dir, 'cut.zip'));
    await page.getByText('El archivo comprimido no se puede usar').waitFor();
  });

  it('is not shown to a key that may not import', async () => {
    const { key } = await createKey(session.server.dataDir, 'enrol');
    const { page } = await session.open('/login.html');
    await page.locator('input[type=password]').fill(key);
    await page.keyboard.press('Enter');
    await page.locator('.person').first().waitFor();
    expect(await page.getByText('Many photos at once').isVisible()).toBe(false);
  });
});
