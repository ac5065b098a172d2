import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findings } from '../../helpers/browser/axe.js';
import { hasChromium, needsChromium } from '../../helpers/browser/browser.js';
import { dropFiles, jpeg } from '../../helpers/browser/files.js';
import { startSession, type Session } from '../../helpers/browser/session.js';
import { anotherFile } from '../../helpers/portraits.js';

describe.skipIf(!hasChromium)(`axe-core${needsChromium}`, () => {
  let session: Session;
  beforeAll(async () => {
    session = await startSession();
    await session.enrol('Ada Lovelace', session.photos.portrait);
    await session.enrol('Grace Hopper', session.photos.otherPerson);
  });
  afterAll(() => session.close());

  describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
    it('finds nothing serious on People, with every kind of result and a name being changed', async () => {
      const { page } = await session.open('/', { colorScheme });
      await dropFiles(page, 'main', [
        jpeg('Ada Lovelace.jpg', session.photos.samePerson),
        jpeg('Nobody here.jpg', session.photos.landscape),
        jpeg('Both of them.jpg', session.photos.group),
        jpeg('IMG_0001.jpg', session.photos.portrait),
      ]);
      await page
        .locator('.uploads-sentence', { hasText: /1 (enrolled|was there already) · 1 refused · 2 questions/ })
        .waitFor();
      await page.getByRole('button', { name: 'Face 2 of 2' }).click();
      await page.getByRole('button', { name: 'Rename Grace Hopper' }).click();
      expect(await findings(page)).toEqual([]);
    });

    it('finds nothing serious in the dialog that asks before a person is deleted', async () => {
      const { page } = await session.open('/', { colorScheme, reducedMotion: 'reduce' });
      await page.getByRole('button', { name: 'Delete Ada Lovelace' }).click();
      await page.locator('#confirm.show').waitFor();
      expect(await findings(page)).toEqual([]);
    });

    it('finds nothing serious on the page of a person, with a photo being moved', async () => {
      await session.enrol('Grace Hopper', anotherFile(session.photos.otherPerson));
      const { page } = await session.open('/person.html?name=Grace%20Hopper', { colorScheme });
      await page.getByRole('button', { name: 'Move photo 1 to another person' }).click();
      await page.getByLabel('This photo shows').waitFor();
      await page.getByText('No consent is recorded.').waitFor();
      expect(await findings(page)).toEqual([]);
    });

    it('finds nothing serious on Compare, before and after', async () => {
      const { page } = await session.open('/compare.html', { colorScheme });
      await page.locator('#footer .status').waitFor();
      expect(await findings(page)).toEqual([]);
      const { portrait, otherPerson } = session.photos;
      await dropFiles(page, '.slot >> nth=0', [jpeg('one.jpg', portrait), jpeg('two.jpg', otherPerson)]);
      await page.getByRole('heading', { name: 'Different people' }).waitFor();
      expect(await findings(page)).toEqual([]);
    });
  });
});
