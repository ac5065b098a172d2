import { describe, expect, it } from 'vitest';
import { NewestFrame, type Frame } from '../../../src/cameras/newest-frame.js';
import { reconnectDelayMs } from '../../../src/cameras/camera.js';

const image = { width: 1, height: 1, data: new Uint8Array(3) };

describe('frames that come faster than they are looked at', () => {
  it('are dropped, but for the newest', async () => {
    const seen: number[] = [];
    const ends: (() => void)[] = [];
    const newest = new NewestFrame(({ at }: Frame) => {
      seen.push(at);
      return new Promise((resolve) => ends.push(resolve));
    });
    for (let at = 1; at <= 5; at++) newest.put({ image, at });
    expect([seen, newest.dropped]).toEqual([[1], 3]);
    ends[0]();
    await expect.poll(() => seen).toEqual([1, 5]);
    newest.put({ image, at: 6 });
    const stopped = newest.stop();
    ends[1]();
    await stopped;
    expect(seen).toEqual([1, 5]);
  });
});

describe('the wait before the next try', () => {
  it('doubles up to half a minute, and is up to a half shorter by chance', () => {
    const delays = [1, 2, 3, 7, 20].map((failures) => reconnectDelayMs(failures, 0));
    expect(delays).toEqual([500, 1000, 2000, 30_000, 30_000]);
    expect(reconnectDelayMs(3, 1)).toBe(1000);
  });
});
