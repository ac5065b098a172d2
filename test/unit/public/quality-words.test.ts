import { describe, expect, it } from 'vitest';
import { qualityWords } from '../../../public/js/quality-words.js';

const t = (key: string, values: Record<string, unknown> = {}) => [key, ...Object.values(values)].join(' ');
const measures = { facePx: 100, sharpness: 50, brightness: 0.5, contrast: 0.2, pose: null };
const whole = { size: 1, sharpness: 1, light: 1, pose: 1, edge: 1 };

describe('the quality of an enrolled face in words', () => {
  it.each([
    [
      { ...whole, sharpness: 0.84, light: 0.9 },
      0.84,
      'quality.score 84',
      'quality.weakest quality.part.sharpness',
      false,
    ],
    [{ ...whole, pose: 0.31, edge: 0.9 }, 0.31, 'quality.poor 31', 'quality.weakest quality.part.pose', true],
    [{ ...whole, liveness: 0.2 }, 0.2, 'quality.poor 20', 'quality.weakest quality.part.liveness', true],
    [{ ...whole, liveness: 0.997 }, 0.997, 'quality.score 100', null, false],
    [whole, 1, 'quality.score 100', null, false],
  ])('names the score and its weakest part: %o', (parts, value, score, weakest, poor) => {
    expect(qualityWords({ ...measures, score: value, parts }, t)).toEqual({ score, weakest, poor });
  });

  it('says nothing of an example without a score', () => {
    expect(qualityWords(null, t)).toBeNull();
    expect(qualityWords(measures, t)).toBeNull();
  });
});
