import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NewFrames } from '../../../public/js/live/new-frames.js';

/** A video whose frames the test shows. */
class FakeVideo {
  private callbacks: (() => void)[] = [];

  requestVideoFrameCallback(callback: () => void): number {
    return this.callbacks.push(callback);
  }

  async show(): Promise<void> {
    for (const callback of this.callbacks.splice(0)) callback();
    await vi.advanceTimersByTimeAsync(0);
  }
}

describe('the frames of a camera', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  const taken = (frames: NewFrames) => {
    const state = { times: 0 };
    void (async () => {
      for (;;) {
        await frames.next();
        state.times++;
      }
    })();
    return state;
  };

  it('are each taken once, the newest at once where it was shown meanwhile', async () => {
    const video = new FakeVideo();
    const frames = new NewFrames(video as unknown as HTMLVideoElement);
    const first = frames.next();
    await video.show();
    await first;
    await video.show();
    await video.show();
    await frames.next();
    let isTaken = false;
    void frames.next().then(() => (isTaken = true));
    await vi.advanceTimersByTimeAsync(400);
    expect(isTaken).toBe(false);
    await video.show();
    expect(isTaken).toBe(true);
  });

  it('are asked for again every half second from a camera that gives none', async () => {
    const state = taken(new NewFrames(new FakeVideo() as unknown as HTMLVideoElement));
    await vi.advanceTimersByTimeAsync(1600);
    expect(state.times).toBe(3);
  });

  it('are those of the screen where the browser does not tell when a video shows one', async () => {
    const waiting: (() => void)[] = [];
    vi.stubGlobal('requestAnimationFrame', (callback: () => void) => waiting.push(callback));
    const state = taken(new NewFrames({} as HTMLVideoElement));
    for (let i = 0; i < 3; i++) {
      for (const callback of waiting.splice(0)) callback();
      await vi.advanceTimersByTimeAsync(0);
    }
    expect(state.times).toBe(3);
  });
});
