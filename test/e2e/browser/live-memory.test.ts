import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium, needsChromium } from '../../helpers/browser/browser.js';
import { startLive, twoPeople, type LiveTestSession } from '../../helpers/browser/live.js';
import { answerAtOnce, heldBy } from '../../helpers/browser/memory.js';

/** Fills the bounded lists: 500 sightings of two faces a frame, 30 rounds. */
const WARM_UP_FRAMES = 300;
/** `LIVE_FRAMES=2000` makes it the long run. */
const FRAMES = Number(process.env.LIVE_FRAMES ?? 300);
/** A frame that was kept would be 30 kB and more: 9 MB of 300. On a busy machine V8's own data grew by up to 0.8 MB. */
const TOLERANCE_BYTES = 1_500_000;

describe.skipIf(!hasChromium)(`the memory of the live page${needsChromium}`, () => {
  let session: LiveTestSession;
  beforeAll(async () => {
    session = await startLive([{ picture: await twoPeople(), frames: 30 }]);
  });
  afterAll(() => session.close());

  it(`does not grow over ${FRAMES} frames`, { timeout: 60_000 + 200 * FRAMES }, async () => {
    const { page, errors } = await session.open('/live.html');
    const answered = await answerAtOnce(page);
    const devtools = await page.context().newCDPSession(page);
    const until = (frames: number) =>
      expect.poll(answered, { timeout: 60_000 + 200 * FRAMES, interval: 100 }).toBeGreaterThanOrEqual(frames);
    await page.locator('#start').click();
    await until(WARM_UP_FRAMES);
    const before = await heldBy(devtools);
    await until(WARM_UP_FRAMES + FRAMES);
    const after = await heldBy(devtools);
    if (process.env.LIVE_FRAMES !== undefined) console.log({ frames: answered(), before, after });
    expect(after.heapBytes - before.heapBytes).toBeLessThan(TOLERANCE_BYTES);
    expect(after.nodes - before.nodes).toBeLessThan(50);
    expect(after.listeners - before.listeners).toBeLessThan(10);
    expect(errors).toEqual([]);
  });
});
