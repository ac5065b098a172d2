import { describe, expect, it } from 'vitest';
import { sameExample } from '../../../src/people/same-photo.js';

const measured = { facePx: 90, sharpness: 100, brightness: 0.5, contrast: 0.16, pose: null };
const parts = { size: 0.7, sharpness: 1, light: 1, pose: 1, edge: 1 };
const details = {
  confidence: 0.9,
  boxInCrop: { x: 1, y: 2, width: 3, height: 4 },
  quality: { score: 0.7, parts, ...measured },
  photoHash: 'ab',
};
const personWith = (known: object) => ({
  examples: [{ id: '1', crop: 'uploads/Ada/1.jpg', addedAt: null, details: { ...details, ...known } }],
});

describe('the example of a photo', () => {
  it('is found by hash and measurements', () => {
    expect(sameExample(personWith({}), details)).toMatchObject({ id: '1' });
    expect(sameExample(personWith({ photoHash: 'cd' }), details)).toBeUndefined();
    expect(sameExample(personWith({ quality: { ...measured, facePx: 91 } }), details)).toBeUndefined();
    expect(sameExample(personWith({ confidence: 0.8 }), details)).toBeUndefined();
  });

  it('is found where it is older than the quality score', () => {
    expect(sameExample(personWith({ quality: measured }), details)).toMatchObject({ id: '1' });
  });
});
