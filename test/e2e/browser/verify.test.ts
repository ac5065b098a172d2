import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Challenge, type Progress } from '../../../src/challenges/challenge.js';
import { findings } from '../../helpers/browser/axe.js';
import { hasChromium, needsChromium } from '../../helpers/browser/browser.js';
import { cameraPicture } from '../../helpers/browser/fake-camera.js';
import { startLive, type LiveTestSession } from '../../helpers/browser/live.js';
import { cutPhotos } from '../../helpers/browser/photos.js';

/** Between two frames of the page. */
const SLOW = { timeout: 15_000 };

describe.skipIf(!hasChromium)(`the page of challenges${needsChromium}`, () => {
  let session: LiveTestSession;
  beforeAll(async () => {
    const { portrait } = await cutPhotos();
    const picture = await cameraPicture([{ photo: portrait, left: 140, top: 40, height: 400 }]);
    session = await startLive([{ picture, frames: 4 }]);
  }, 120_000);
  afterAll(() => session.close());
  afterEach(async () => {
    vi.restoreAllMocks();
    await session.closePages();
  });

  /** The frames decide so, whatever they show. */
  function decide(change: Partial<Progress>): void {
    vi.spyOn(Challenge.prototype, 'observe').mockImplementation(function (this: Challenge) {
      return { ...this.progress(), ...change };
    });
  }

  const textOf = (page: Page, id: string) => page.locator(id).textContent();

  async function started(size = { width: 390, height: 844 }): Promise<Page> {
    const { page } = await session.open('/verify.html?audience=door');
    await page.setViewportSize(size);
    await page.locator('#start').click();
    await page.locator('#verify[data-state="running"]').waitFor(SLOW);
    return page;
  }

  it('shows the action, and offers another one to a person who cannot do it', async () => {
    decide({ done: 0.5 });
    const page = await started();
    const first = await page.locator('#figure').getAttribute('data-action');
    expect(await textOf(page, '#instruction')).not.toBe('');
    expect(await page.locator('#steps li').count()).toBeGreaterThanOrEqual(2);
    const begun = page.waitForRequest((request) => /\/challenges$/.test(request.url()), SLOW);
    await page.locator('#cannot').click();
    expect((await begun).postDataJSON()).toEqual({ without: [first], audience: 'door' });
    await page.locator('#verify[data-state="running"]').waitFor(SLOW);
    expect(await page.locator('#figure').getAttribute('data-action')).not.toBe(first);
    expect(await findings(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  });

  it('says what is in the way', async () => {
    decide({ hint: 'one_person' });
    const page = await started();
    await page.locator('#instruction', { hasText: 'One person please.' }).waitFor(SLOW);
    expect(await page.locator('#figure svg').count()).toBe(0);
  });

  it('thanks, and gives the token', async () => {
    decide({ state: 'passed', step: 2, done: 1 });
    const { page } = await session.open('/verify.html');
    await page.locator('#start').click();
    await page.locator('#verify[data-state="passed"]').waitFor(SLOW);
    expect(await textOf(page, '#instruction')).toContain('Thank you');
    expect(await page.locator('#copy').isVisible()).toBe(true);
  });

  it('says why it failed, and begins again', async () => {
    decide({ state: 'failed', failure: 'jump' });
    const { page } = await session.open('/verify.html');
    await page.locator('#start').click();
    await page.locator('#verify[data-state="failed"]').waitFor(SLOW);
    expect(await textOf(page, '#hint')).toContain('The picture jumped.');
    decide({ done: 0.2 });
    await page.locator('#start').click();
    await page.locator('#verify[data-state="running"]').waitFor(SLOW);
  });
});
