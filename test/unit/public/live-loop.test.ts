import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { RostroApiError } from '../../../src/client/index.js';
import { RecognitionLoop, pause } from '../../../public/js/live/loop.js';
import { ANSWERED_FRAME } from '../../helpers/answered-frame.js';

const frame = { blob: new Blob(['jpeg']), picture: {} as HTMLCanvasElement, capturedAt: 1 };
const answer = {
  ...ANSWERED_FRAME,
};

/** A loop whose server answers when the test says so, and whose pauses end when the test says so. */
class Bench {
  readonly asked: { signal: AbortSignal; reply: (outcome: typeof answer | Error) => void }[] = [];
  readonly pauses: number[] = [];
  readonly troubles: unknown[] = [];
  answers = 0;
  grabbed = 0;
  picture: typeof frame | null = frame;
  overlaps = false;
  private endPause = () => {};

  readonly loop = new RecognitionLoop({
    grab: () => Promise.resolve((this.grabbed++, this.picture)),
    recognize: (_blob, { signal }) =>
      new Promise((resolve, reject) => {
        this.asked.push({
          signal,
          reply: (outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome)),
        });
      }),
    mayOverlap: () => this.overlaps,
    onAnswer: () => this.answers++,
    onTrouble: (error) => this.troubles.push(error),
    pause: (ms) => {
      this.pauses.push(ms);
      return new Promise((resolve) => (this.endPause = resolve));
    },
  });

  async reply(outcome: typeof answer | Error, to = -1): Promise<void> {
    this.asked.at(to)?.reply(outcome);
    await setImmediate();
  }

  async pauseIsOver(): Promise<void> {
    this.endPause();
    await setImmediate();
  }
}

describe('the recognition loop', () => {
  let bench = new Bench();
  const begin = async () => {
    bench = new Bench();
    bench.loop.start();
    await setImmediate();
  };
  afterEach(() => bench.loop.stop());

  it('has one frame on its way at a time', async () => {
    await begin();
    bench.loop.start();
    await setImmediate();
    expect(bench.asked).toHaveLength(1);
    await bench.reply(answer);
    expect([bench.answers, bench.asked.length]).toEqual([1, 2]);
  });

  it('has two frames on their way where answers come quickly and in order', async () => {
    await begin();
    bench.overlaps = true;
    expect(bench.asked).toHaveLength(1);
    await bench.reply(answer);
    expect([bench.answers, bench.asked.length]).toEqual([1, 3]);
    await bench.reply(answer, 1);
    expect([bench.answers, bench.asked.length]).toEqual([2, 4]);
    let held = false;
    void bench.loop.hold('hidden').then(() => (held = true));
    await bench.reply(answer, 2);
    expect([held, bench.asked.length]).toEqual([false, 4]);
    await bench.reply(answer, 3);
    expect([held, bench.answers, bench.asked.length]).toEqual([true, 4, 4]);
  });

  it('has one frame on its way while the server is slow, so that no frame grows old in its queue', async () => {
    await begin();
    bench.overlaps = true;
    await new Promise((resolve) => setTimeout(resolve, 80));
    await bench.reply(answer);
    expect(bench.asked).toHaveLength(2);
  });

  it('reports a failure of both frames once', async () => {
    await begin();
    bench.overlaps = true;
    await bench.reply(answer);
    await bench.reply(new RostroApiError('unreachable', 'away'), 1);
    expect([bench.troubles.length, bench.asked.length]).toEqual([0, 3]);
    await bench.reply(new RostroApiError('unreachable', 'away'), 2);
    expect([bench.troubles.length, bench.pauses, bench.asked.length]).toEqual([1, [500], 3]);
    await bench.pauseIsOver();
    expect(bench.asked).toHaveLength(4);
  });

  it('asks less and less often while the server is gone, and at full rate when it is back', async () => {
    await begin();
    for (let i = 0; i < 6; i++) {
      await bench.reply(new RostroApiError('unreachable', 'away'));
      await bench.pauseIsOver();
    }
    expect(bench.pauses).toEqual([500, 1000, 2000, 4000, 5000, 5000]);
    expect(bench.troubles).toHaveLength(6);
    await bench.reply(answer);
    await bench.reply(new RostroApiError('unreachable', 'away'));
    expect(bench.pauses.at(-1)).toBe(500);
  });

  it('asks every second while the server loads', async () => {
    await begin();
    for (let i = 0; i < 3; i++) {
      await bench.reply(new RostroApiError('not_ready', 'loading', { status: 503 }));
      await bench.pauseIsOver();
    }
    expect(bench.pauses).toEqual([1000, 1000, 1000]);
  });

  it('waits for the first picture of the camera without asking', async () => {
    bench = new Bench();
    bench.picture = null;
    bench.loop.start();
    await setImmediate();
    expect([bench.asked.length, bench.pauses]).toEqual([0, [100]]);
    bench.picture = frame;
    await bench.pauseIsOver();
    expect(bench.asked).toHaveLength(1);
  });

  it('drops the request and its answer when it is stopped, and can start again', async () => {
    await begin();
    const { signal } = bench.asked[0];
    bench.loop.stop();
    expect(signal.aborted).toBe(true);
    await bench.reply(answer);
    expect([bench.answers, bench.asked.length, bench.troubles.length]).toEqual([0, 1, 0]);
    bench.loop.start();
    await setImmediate();
    expect(bench.asked).toHaveLength(2);
  });

  it('needs nothing that Safari 16 lacks, and passes on why it was stopped', async () => {
    const any = AbortSignal.any.bind(AbortSignal);
    Object.assign(AbortSignal, { any: undefined });
    try {
      await begin();
      await bench.reply(answer);
      expect([bench.answers, bench.troubles]).toEqual([1, []]);
      bench.loop.stop();
      expect(bench.asked.at(-1)!.signal.aborted).toBe(true);
    } finally {
      Object.assign(AbortSignal, { any });
    }
  });

  it('holds for every reason that there is, after the answer that is on its way', async () => {
    await begin();
    let held = false;
    void bench.loop.hold('enrolment').then(() => (held = true));
    void bench.loop.hold('hidden');
    await setImmediate();
    expect(held).toBe(false);
    await bench.reply(answer);
    expect([held, bench.answers, bench.grabbed]).toEqual([true, 1, 1]);
    bench.loop.release('hidden');
    await setImmediate();
    expect(bench.grabbed).toBe(1);
    bench.loop.release('enrolment');
    await setImmediate();
    expect(bench.asked).toHaveLength(2);
  });

  it('ends when it is stopped while held', async () => {
    await begin();
    void bench.loop.hold('hidden');
    await bench.reply(answer);
    bench.loop.stop();
    bench.loop.release('hidden');
    await setImmediate();
    expect(bench.grabbed).toBe(1);
  });
});

describe('a pause', () => {
  it('ends at once when it is aborted, before or while it lasts', async () => {
    const abort = new AbortController();
    const long = pause(60_000, abort.signal);
    abort.abort();
    await expect(long).resolves.toBeUndefined();
    await expect(pause(60_000, abort.signal)).resolves.toBeUndefined();
  });
});
