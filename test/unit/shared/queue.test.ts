import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { forEachConcurrent, onFirstUse, SerialQueue, SizedQueue } from '../../../src/shared/queue.js';

describe('SerialQueue', () => {
  it('runs one task at a time, in the order of the calls, and returns the result of each', async () => {
    const queue = new SerialQueue();
    const log: string[] = [];
    const task = (name: string, ms: number) => async () => {
      log.push(`${name} starts`);
      await setTimeout(ms);
      log.push(`${name} ends`);
      return name;
    };
    expect(await Promise.all([queue.run(task('a', 10)), queue.run(task('b', 0))])).toEqual(['a', 'b']);
    expect(log).toEqual(['a starts', 'a ends', 'b starts', 'b ends']);
  });

  it('goes on after a task that rejects or throws, and gives its error to its caller only', async () => {
    const queue = new SerialQueue();
    const failed = expect(queue.run(() => Promise.reject(new Error('rejected')))).rejects.toThrow('rejected');
    const thrown = expect(
      queue.run(() => {
        throw new Error('thrown');
      }),
    ).rejects.toThrow('thrown');
    expect(await queue.run(() => 3)).toBe(3);
    await Promise.all([failed, thrown]);
  });

  it('is idle when the tasks so far have ended, also when they failed', async () => {
    const queue = new SerialQueue();
    const done: string[] = [];
    await queue.idle();
    const failing = queue.run(() => Promise.reject(new Error('failed'))).catch(() => undefined);
    void queue.run(() => setTimeout(5).then(() => done.push('last')));
    await queue.idle();
    expect(done).toEqual(['last']);
    await failing;
  });

  it('drops a waiting task when its signal is aborted, and finishes one that has started', async () => {
    const [queue, started, waiting] = [new SerialQueue(), new AbortController(), new AbortController()];
    const done: string[] = [];
    let release: (() => void) | undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const task = (name: string) => () => Promise.resolve(done.push(name));
    const first = queue.run(async () => {
      await held;
      return done.push('first');
    }, started.signal);
    const second = queue.run(task('second'), waiting.signal);
    const third = queue.run(task('third'));
    await setTimeout(0);
    started.abort(new Error('too late'));
    waiting.abort(new Error('gone'));
    await expect(second).rejects.toThrow('gone');
    expect(done).toEqual([]);
    release?.();
    expect(await Promise.all([first, third])).toEqual([1, 2]);
    expect(done).toEqual(['first', 'third']);
    await expect(queue.run(task('fourth'), AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
    await expect(queue.run(() => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
    expect(await queue.run(task('fifth'), new AbortController().signal)).toBe(3);
  });
});

describe('forEachConcurrent', () => {
  it('runs at most `limit` calls at a time and takes items only when their work starts', async () => {
    let [taken, running, most] = [0, 0, 0];
    const items = function* () {
      for (; taken < 9; taken++) yield taken;
    };
    const done: number[] = [];
    await forEachConcurrent(items(), 3, async (item) => {
      most = Math.max(most, ++running);
      expect(taken - done.length).toBeLessThanOrEqual(3);
      await setTimeout(1);
      running--;
      done.push(item);
    });
    expect(most).toBe(3);
    expect(done.sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('takes no more items after an error, awaits the calls under way, and throws the first error', async () => {
    const [begun, ended]: [number[], number[]] = [[], []];
    const work = async (item: number) => {
      begun.push(item);
      await setTimeout(item === 0 ? 1 : 10);
      if (item === 0) throw new Error('the first');
      ended.push(item);
      throw new Error('a later one');
    };
    await expect(forEachConcurrent([0, 1, 2, 3], 2, work)).rejects.toThrow('the first');
    expect(begun).toEqual([0, 1]);
    expect(ended).toEqual([1]);
  });

  it('takes no more items after an abort, without an error', async () => {
    const stop = new AbortController();
    const done: number[] = [];
    const work = async (item: number) => {
      await setTimeout(1);
      done.push(item);
      if (item === 1) stop.abort();
    };
    await forEachConcurrent([0, 1, 2, 3], 1, work, stop.signal);
    expect(done).toEqual([0, 1]);
  });
});

describe('onFirstUse', () => {
  it('loads once, at the first call, for everybody who asks meanwhile and later', async () => {
    let loads = 0;
    const get = onFirstUse(async () => {
      await setTimeout(1);
      return ++loads;
    });
    expect(loads).toBe(0);
    expect(await Promise.all([get(), get()])).toEqual([1, 1]);
    expect(await get()).toBe(1);
  });

  it('tries again after a failure', async () => {
    let loads = 0;
    const get = onFirstUse(() => (++loads === 1 ? Promise.reject(new Error('torn file')) : Promise.resolve(loads)));
    const both = await Promise.allSettled([get(), get()]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await get()).toBe(2);
    expect(await get()).toBe(2);
  });
});

describe('SizedQueue', () => {
  it('runs tasks side by side within its limit, in the order of the calls, and a larger one alone', async () => {
    const queue = new SizedQueue(10);
    const log: string[] = [];
    const run = (name: string, size: number) =>
      queue.run(size, async () => {
        log.push(`${name} starts`);
        await setTimeout(5);
        log.push(`${name} ends`);
        return name;
      });
    const names = [run('a', 6), run('b', 4), run('huge', 100), run('c', 1)];
    expect(await Promise.all(names)).toEqual(['a', 'b', 'huge', 'c']);
    const [begun, ended] = [
      ['a starts', 'b starts'],
      ['a ends', 'b ends'],
    ];
    expect(log).toEqual([...begun, ...ended, 'huge starts', 'huge ends', 'c starts', 'c ends']);
  });

  it('goes on after a task that fails', async () => {
    const queue = new SizedQueue(1);
    const failed = queue.run(1, () => Promise.reject(new Error('failed')));
    const next = queue.run(1, () => Promise.resolve('next'));
    await expect(failed).rejects.toThrow('failed');
    expect(await next).toBe('next');
  });
});
