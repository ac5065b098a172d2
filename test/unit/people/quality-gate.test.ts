import { describe, expect, it } from 'vitest';
import { RostroError } from '../../../src/shared/errors.js';
import { judgeQuality } from '../../../src/people/quality-gate.js';
import type { FaceQuality } from '../../../src/faces/image/quality.js';

const good: FaceQuality = {
  facePx: 90,
  sharpness: 100,
  brightness: 0.5,
  contrast: 0.16,
  pose: { yaw: 10, pitch: -5, roll: 2 },
};
const policy = { minFacePx: 40, gate: 'refuse' } as const;
const codes = (quality: Partial<FaceQuality>) => judgeQuality({ ...good, ...quality }, policy).map(({ code }) => code);

describe('what is said of an example', () => {
  it.each<[string[], Partial<FaceQuality>]>([
    [[], {}],
    [[], { facePx: 40, sharpness: 10, brightness: 0.12, contrast: 0.035, pose: { yaw: -45, pitch: 40, roll: -20 } }],
    [[], { brightness: 0.85, pose: null }],
    [['blurred'], { sharpness: 9.9 }],
    [['too_dark'], { brightness: 0.11 }],
    [['too_bright'], { brightness: 0.86 }],
    [['low_contrast'], { contrast: 0.03 }],
    [['turned_away'], { pose: { yaw: -46, pitch: 0, roll: 0 } }],
    [['turned_away'], { pose: { yaw: 0, pitch: -41, roll: 0 } }],
    [['leaning'], { pose: { yaw: 0, pitch: 0, roll: -21 } }],
    [['blurred', 'too_dark', 'low_contrast'], { sharpness: 1, brightness: 0.02, contrast: 0.01 }],
  ])('is %j', (expected, quality) => {
    expect(codes(quality)).toEqual(expected);
  });

  it('comes as a sentence', () => {
    expect(judgeQuality({ ...good, sharpness: 3 }, policy)).toEqual([
      { code: 'blurred', message: 'The face is blurred.' },
    ]);
  });
});

describe('a face that is too small', () => {
  const small = { ...good, facePx: 39, sharpness: 3 };

  it('is refused with what was measured', () => {
    const refusal = (() => {
      try {
        return judgeQuality(small, policy);
      } catch (error) {
        return error;
      }
    })();
    expect(refusal).toBeInstanceOf(RostroError);
    expect(refusal).toMatchObject({
      code: 'face_too_small',
      message: 'The face is only 39 pixels across; an example needs at least 40.',
      details: { minFacePx: 40, quality: small },
    });
  });

  it('is taken with a remark, before the others, if the gate only warns', () => {
    const warnings = judgeQuality(small, { ...policy, gate: 'warn' });
    expect(warnings.map(({ code }) => code)).toEqual(['face_too_small', 'blurred']);
    expect(warnings[0].message).toContain('only 39 pixels across');
  });

  it('is taken without a word if the gate is off', () => {
    expect(judgeQuality(small, { ...policy, gate: 'off' })).toEqual([]);
  });

  it('is none where no size is asked for', () => {
    expect(judgeQuality({ ...good, facePx: 1 }, { minFacePx: 0, gate: 'refuse' })).toEqual([]);
  });
});
