import { describe, expect, it } from 'vitest';
import { clipToImage } from '../../../../src/faces/image/box.js';

const image = { width: 100, height: 50 };

describe('clipToImage', () => {
  it.each([
    ['inside: position and size rounded down', { x: 10.7, y: 5.2, width: 20.9, height: 10.1 }, [10, 5, 20, 10]],
    ['over the left and upper border', { x: -10.5, y: -3, width: 30, height: 20.5 }, [0, 0, 19, 17]],
    ['over the right and lower border', { x: 90.5, y: 40, width: 30, height: 20 }, [90, 40, 9, 10]],
    ['larger than the image', { x: -5, y: -5, width: 500, height: 500 }, [0, 0, 100, 50]],
    ['thinner than a pixel', { x: 10, y: 10, width: 0.5, height: 0 }, [10, 10, 1, 1]],
    ['left of and above the image', { x: -50, y: -60, width: 20, height: 20 }, [0, 0, 1, 1]],
    ['right of and below the image', { x: 150, y: 150, width: 20, height: 20 }, [99, 49, 1, 1]],
  ])('%s', (_, box, [x, y, width, height]) => {
    expect(clipToImage(box, image)).toEqual({ x, y, width, height });
  });
});
