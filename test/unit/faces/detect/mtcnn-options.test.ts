import { describe, expect, it } from 'vitest';
import { checkMtcnnOptions, MTCNN_DEFAULTS, type MtcnnOptions } from '../../../../src/faces/detect/mtcnn/mtcnn.js';
import { pyramidLevels } from '../../../../src/faces/detect/mtcnn/pyramid.js';
import { RostroError } from '../../../../src/shared/errors.js';

describe('checkMtcnnOptions', () => {
  it('fills in the values of the original', () => {
    expect(checkMtcnnOptions({})).toEqual({ thresholds: [0.6, 0.7, 0.7], factor: 0.709, minFacePx: 20 });
    expect(checkMtcnnOptions({ minFacePx: 40 })).toEqual({ ...MTCNN_DEFAULTS, minFacePx: 40 });
  });

  const factor = 'The MTCNN pyramid factor must lie between 0 and 0.95.';
  const thresholds = 'The MTCNN thresholds must be numbers from 0 to 1.';
  const minFace = 'The smallest face for MTCNN must be at least 12 px.';
  it.each<[Partial<MtcnnOptions>, string]>([
    [{ factor: 0 }, factor],
    [{ factor: 0.96 }, factor],
    [{ factor: NaN }, factor],
    [{ thresholds: [0.6, 0.7, 1.1] }, thresholds],
    [{ thresholds: [-0.1, 0.7, 0.7] }, thresholds],
    [{ thresholds: [NaN, 0.7, 0.7] }, thresholds],
    [{ minFacePx: 11 }, minFace],
    [{ minFacePx: Infinity }, minFace],
    [{ minFacePx: NaN }, minFace],
  ])('refuses %j', (options, message) => {
    expect(() => checkMtcnnOptions(options)).toThrow(new RostroError('bad_config', message));
  });
});

describe('pyramidLevels', () => {
  it('starts where the smallest face fills the window, and rounds sides up', () => {
    expect(pyramidLevels(101, 41, 20, 0.709)).toEqual([
      { scale: 0.6, width: 61, height: 25 },
      { scale: 0.6 * 0.709, width: 43, height: 18 },
      { scale: 0.6 * 0.709 ** 2, width: 31, height: 13 },
    ]);
  });

  it('is empty for a picture that is smaller than the smallest face', () => {
    expect(pyramidLevels(19, 400, 20, 0.709)).toEqual([]);
    expect(pyramidLevels(20, 400, 20, 0.709)).toHaveLength(1);
  });

  it('shows the picture itself first when faces of a window are wanted', () => {
    expect(pyramidLevels(30, 30, 12, 0.5)).toEqual([
      { scale: 1, width: 30, height: 30 },
      { scale: 0.5, width: 15, height: 15 },
    ]);
  });
});
