import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Turns } from '../../../../src/plugins/compreface/turns.js';

it('Turns end the waiting of whoever has gone, do not begin their change, and finish one that has begun', async () => {
  const [turns, begun, waiting] = [new Turns(), new AbortController(), new AbortController()];
  const done: string[] = [];
  let release: (() => void) | undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const change = (name: string) => () => Promise.resolve(done.push(name));
  const first = turns.take(async () => {
    await held;
    return done.push('first');
  }, begun.signal);
  const second = turns.take(change('second'), waiting.signal);
  const third = turns.take(change('third'));
  await setTimeout(0);
  begun.abort(new Error('too late'));
  waiting.abort(new Error('gone'));
  await expect(second).rejects.toThrow('gone');
  expect(done).toEqual([]);
  release?.();
  expect(await Promise.all([first, third])).toEqual([1, 2]);
  expect(done).toEqual(['first', 'third']);
  await expect(turns.take(change('fourth'), AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
  await expect(turns.take(() => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  expect(await turns.take(change('fifth'), new AbortController().signal)).toBe(3);
});
