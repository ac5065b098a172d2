import { describe, expect, it } from 'vitest';
import { Meter, median, PARTS } from '../../../public/js/live/meter.js';
import { Ring } from '../../../public/js/live/ring.js';

const timingsMs = { decode: 10, detect: 40, embed: 20, match: 1, total: 76 };
const round = (capturedAt: number, latency = 100) => ({
  capturedAt,
  sentAt: capturedAt + 8,
  answeredAt: capturedAt + latency,
  timingsMs,
});

describe('the meter', () => {
  it('knows nothing before the second answer', () => {
    const meter = new Meter();
    expect(meter.measure(0)).toBeNull();
    meter.add(round(0));
    expect(meter.measure(100)).toBeNull();
  });

  it('divides the latency into what it is made of', () => {
    const meter = new Meter();
    for (const start of [0, 200, 400]) meter.add(round(start));
    expect(meter.measure(500)).toEqual({
      framesPerSecond: 5,
      latencyMs: 100,
      partsMs: { capture: 8, network: 16, wait: 5, decode: 10, detect: 40, embed: 20, match: 1 },
      followedShare: 0,
    });
    expect(Object.keys(meter.measure(500)?.partsMs ?? {})).toEqual(PARTS);
  });

  it('tells in how many frames faces were followed', () => {
    const meter = new Meter();
    for (const [i, found] of (['detected', 'followed', 'followed', 'followed'] as const).entries()) {
      meter.add({ ...round(100 * i), found });
    }
    expect(meter.measure(500)?.followedShare).toBe(0.75);
  });

  it('gives medians, so that one slow answer does not count for ten', () => {
    const meter = new Meter();
    for (const [start, latency] of [
      [0, 100],
      [100, 900],
      [1000, 120],
    ]) {
      meter.add(round(start, latency));
    }
    expect(meter.measure(1120)?.latencyMs).toBe(120);
    expect(meter.measure(1120)?.framesPerSecond).toBeCloseTo(2000 / 1020, 10);
  });

  it('forgets answers of more than ten seconds ago', () => {
    const meter = new Meter();
    meter.add(round(0));
    meter.add(round(100));
    expect(meter.measure(10_100)).not.toBeNull();
    expect(meter.measure(10_101)).toBeNull();
  });

  it('takes clocks that disagree by a little', () => {
    const meter = new Meter();
    for (const start of [0, 100]) meter.add({ ...round(start, 80), timingsMs: { ...timingsMs, total: 70.9 } });
    expect(meter.measure(200)?.partsMs).toMatchObject({ network: expect.closeTo(1.1, 5) as number, wait: 0 });
  });
});

describe('median', () => {
  it.each([
    [[3], 3],
    [[5, 1, 3], 3],
    [[4, 1, 3, 2], 2.5],
  ])('of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected);
  });
});

describe('the ring', () => {
  it('keeps the last values, oldest first', () => {
    const ring = new Ring(3);
    for (let i = 1; i <= 5; i++) ring.push(i);
    expect([...ring]).toEqual([3, 4, 5]);
    expect(ring.length).toBe(3);
    ring.clear();
    expect([...ring]).toEqual([]);
    ring.push(6);
    expect([...ring]).toEqual([6]);
  });
});
