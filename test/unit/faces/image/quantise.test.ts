import { expect, it } from 'vitest';
import { quantise } from '../../../../src/faces/image/image.js';

it('rounds half up, from black to white', () => {
  const levels = Float32Array.of(0, 0.49, 0.5, 1.5, 127.499, 254.5, 255);
  expect(quantise(levels)).toEqual(Uint8Array.of(0, 0, 1, 2, 127, 255, 255));
});
