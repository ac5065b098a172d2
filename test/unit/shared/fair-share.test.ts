import { describe, expect, it } from 'vitest';
import { FairQueue, heaviestHolder } from '../../../src/shared/fair-share.js';

describe('the fair queue', () => {
  it('serves its holders in turn, and the entries of each in order', () => {
    const queue = new FairQueue<string>(10);
    for (const entry of ['a1', 'a2', 'a3', 'b1', 'c1', 'b2']) expect(queue.add(entry[0], entry)).toBeNull();
    queue.delete('a', 'a2');
    queue.delete('a', 'unknown');
    expect(queue.size).toBe(5);
    expect(Array.from({ length: 6 }, () => queue.take())).toEqual(['a1', 'b1', 'c1', 'a3', 'b2', undefined]);
    expect(queue.size).toBe(0);
  });

  it('lets a holder of many take its turn again only after the others', () => {
    const queue = new FairQueue<string>(10);
    for (const entry of ['a1', 'a2', 'a3']) queue.add('a', entry);
    expect(queue.take()).toBe('a1');
    queue.add('b', 'b1');
    expect([queue.take(), queue.take(), queue.take()]).toEqual(['a2', 'b1', 'a3']);
  });

  it('gives the place of the newest entry of the holder with the most to a newcomer', () => {
    const queue = new FairQueue<string>(3);
    for (const entry of ['a1', 'a2', 'a3']) queue.add('a', entry);
    expect(queue.add('b', 'b1')).toBe('a3');
    expect(queue.add('a', 'a4')).toBe('a4');
    expect(queue.add('c', 'c1')).toBe('a2');
    expect([queue.add('c', 'c2'), queue.size]).toEqual(['c2', 3]);
  });
});

describe('the holder with the most', () => {
  it('is the first of several', () => {
    expect(heaviestHolder([])).toBeUndefined();
    expect(heaviestHolder(['a', 'b', 'b', 'a', 'c'])).toBe('a');
    expect(heaviestHolder(['a', 'b', 'b', 'c'])).toBe('b');
  });
});
