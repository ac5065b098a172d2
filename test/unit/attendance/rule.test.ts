import { describe, expect, it } from 'vitest';
import { judgeLook, type NamedLook, placedQuality } from '../../../src/attendance/rule.js';

const SURE: NamedLook = {
  distance: 0.6,
  threshold: 1,
  runnerUp: 0.95,
  quality: 0.8,
  cutOff: false,
  live: null,
  goodLooks: null,
};

describe('a look', () => {
  it('marks a person as present without a doubt', () => {
    expect(judgeLook(SURE)).toEqual({ state: 'present', why: [] });
    expect(judgeLook({ ...SURE, quality: null, runnerUp: null })?.state).toBe('present');
    expect(judgeLook({ ...SURE, goodLooks: 2, live: { verdict: 'live' } })?.state).toBe('present');
  });

  const doubts: [keyof NamedLook, Partial<NamedLook>, Partial<NamedLook>, string][] = [
    ['distance', { distance: 0.91, runnerUp: 1.3 }, { distance: 0.9, runnerUp: 1.3 }, 'far'],
    ['runnerUp', { runnerUp: 0.69 }, { runnerUp: 0.7001 }, 'runner_up'],
    ['quality', { quality: 0.49 }, { quality: 0.5 }, 'poor'],
    ['live', { live: { verdict: 'spoof' } }, { live: { verdict: 'live' } }, 'liveness'],
    ['live', { live: { verdict: 'unsure' } }, { live: null }, 'liveness'],
    ['goodLooks', { goodLooks: 1 }, { goodLooks: 2 }, 'once'],
  ];
  it.each(doubts)('is doubtful by %s beyond the limit, and not at it', (_, beyond, at, doubt) => {
    expect(judgeLook({ ...SURE, ...beyond })).toEqual({ state: 'doubtful', why: [doubt] });
    expect(judgeLook({ ...SURE, ...at })?.state).toBe('present');
  });

  it('has every doubt that it deserves', () => {
    const worst = { distance: 0.99, runnerUp: 1, quality: 0.3, live: { verdict: 'unsure' }, goodLooks: 1 } as const;
    expect(judgeLook({ ...SURE, ...worst })?.why).toEqual(['far', 'runner_up', 'poor', 'liveness', 'once']);
  });

  it('of a half face, or one too poor for a name, marks nobody, however near it is', () => {
    for (const distance of [0, 0.3, 0.99]) {
      for (const goodLooks of [null, 0, 1, 50]) {
        expect(judgeLook({ ...SURE, distance, goodLooks, cutOff: true })).toBeNull();
        expect(judgeLook({ ...SURE, distance, goodLooks, quality: 0.2 })).toBeNull();
      }
      expect(judgeLook({ ...SURE, distance, goodLooks: 0 })).toBeNull();
    }
  });
});

describe('a face on a photo', () => {
  const image = { width: 1000, height: 800 };
  const faceAt = (x: number, side: number) => ({ box: { x, y: 300, width: side, height: side }, landmarks: null });

  it('is poor below 40 pixels, and useless below 20', () => {
    const qualityOf = (side: number) => placedQuality(faceAt(400, side), image).quality;
    expect([qualityOf(40), qualityOf(20), qualityOf(160)]).toEqual([0.5, 0.25, 1]);
    expect(qualityOf(39)).toBeLessThan(0.5);
  });

  it('is cut off where a tenth lies outside', () => {
    expect([400, -9, -11, 950].map((x) => placedQuality(faceAt(x, 100), image).cutOff)).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });
});
