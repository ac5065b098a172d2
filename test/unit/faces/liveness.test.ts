import { describe, expect, it } from 'vitest';
import { judgeLooks, type Liveness } from '../../../src/faces/liveness/liveness.js';
import { LIVENESS_POLICIES, livenessPolicy, mayName, withheld } from '../../../src/people/naming.js';

const look = (score: number): Liveness => ({
  score,
  verdict: score >= 0.5 ? 'live' : 'spoof',
  why: score >= 0.5 ? null : 'below_threshold',
});
const dark: Liveness = { score: null, verdict: 'unsure', why: 'too_dark' };

describe('the verdict over several looks', () => {
  it('is unsure before the third', () => {
    expect(judgeLooks([], 0.5)).toEqual({ score: null, verdict: 'unsure', why: 'few_looks' });
    expect(judgeLooks([look(0.9), look(0.9)], 0.5)).toMatchObject({ verdict: 'unsure', why: 'few_looks' });
  });

  it('is that of the mean logit', () => {
    // Logits 2, 2, -1: their mean is 1, and 1 / (1 + e^-1) = 0.7311.
    const looks = [0.880797, 0.880797, 0.268941].map(look);
    expect(judgeLooks(looks, 0.5)).toEqual({
      score: expect.closeTo(0.731059, 5) as number,
      verdict: 'live',
      why: null,
    });
    expect(judgeLooks(looks, 0.74)).toMatchObject({ verdict: 'spoof', why: 'below_threshold' });
  });

  it('follows the last five looks', () => {
    const looks = [...Array.from({ length: 5 }, () => look(0.999)), ...Array.from({ length: 5 }, () => look(0.01))];
    expect(judgeLooks(looks, 0.5).verdict).toBe('spoof');
  });

  it('tells why the last look was not scored, and leaves it out of the mean', () => {
    expect(judgeLooks([dark], 0.5)).toEqual(dark);
    expect(judgeLooks([look(0.9), dark], 0.5)).toEqual(dark);
    expect(judgeLooks([look(0.9), look(0.9), dark, look(0.9)], 0.5)).toMatchObject({ verdict: 'live' });
  });
});

describe('the policy of a request', () => {
  const policies = (ofServer: 'report' | 'require') =>
    LIVENESS_POLICIES.map((asked) => livenessPolicy(asked, ofServer));

  it('may be stricter than the server, or save the check where nobody requires it', () => {
    expect(policies('report')).toEqual(['off', 'report', 'require']);
    expect(policies('require')).toEqual(['require', 'require', 'require']);
    for (const ofServer of LIVENESS_POLICIES) expect(livenessPolicy(undefined, ofServer)).toBe(ofServer);
  });

  it('is refused where the server checks nothing', () => {
    expect(livenessPolicy('off', 'off')).toBe('off');
    for (const asked of ['report', 'require'] as const) {
      expect(() => livenessPolicy(asked, 'off')).toThrow(expect.objectContaining({ code: 'liveness_unavailable' }));
    }
  });
});

describe('the policy', () => {
  it('gives a name to what is not judged alive, unless that is required', () => {
    for (const live of [null, dark, look(0.1)]) {
      expect(mayName('report', live)).toBe(true);
      expect(mayName('require', live)).toBe(false);
    }
    expect(mayName('require', look(0.9))).toBe(true);
    expect(withheld('require', look(0.9), dark)).toEqual({ withheld: 'not_live' });
    expect(withheld('require', look(0.9))).toEqual({});
  });
});
