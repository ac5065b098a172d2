import { describe, expect, it } from 'vitest';
import { withMargin } from '../../../../src/faces/image/crop-area.js';

describe('withMargin', () => {
  const box = { x: 100, y: 50, width: 100, height: 200 };

  it('grows the square around the box by a share, half on each side', () => {
    expect(withMargin(box, { share: 0.4 }, 1000, 1000)).toEqual({ x: 10, y: 10, width: 280, height: 280 });
  });

  it('adds pixels whatever the size of the box, half on each side', () => {
    expect(withMargin(box, { px: 44 }, 1000, 1000)).toEqual({ x: 78, y: 28, width: 144, height: 244 });
  });

  it('cuts at the edges of the picture', () => {
    expect(withMargin(box, { px: 44 }, 210, 255)).toEqual({ x: 78, y: 28, width: 132, height: 227 });
    const sticksOut = { x: -20, y: -10, width: 60, height: 80 };
    expect(withMargin(sticksOut, { px: 0 }, 100, 100)).toEqual({ x: 0, y: 0, width: 40, height: 70 });
  });
});
