import { centresOf68, mean } from './landmarks68.js';
import type { Point } from '../image/box.js';
import type { RgbImage } from '../image/image.js';

/** Grey values of the middle of a face, upright, row-major. */
export type AlignedGreys = Uint8Array;

/** Pixels of an aligned face; a person's pupils are about 40 apart. */
export const ALIGNED = { width: 56, height: 72, unit: 40, eyesAt: { x: 28, y: 14 } } as const;
/** From eyes to mouth, in eye distances: see `pose.ts`. The width of a turned face would not do as a unit. */
const EYES_TO_MOUTH = 1.08;

interface Axes {
  readonly eyes: Point;
  /** One unit along the eyes, pixels of the image. */
  readonly across: Point;
}

function axesOf(points: readonly Point[]): Axes {
  const { leftEye, rightEye } = centresOf68(points);
  const length = Math.hypot(rightEye.x - leftEye.x, rightEye.y - leftEye.y) || 1;
  const [cos, sin] = [(rightEye.x - leftEye.x) / length, (rightEye.y - leftEye.y) / length];
  const eyes = mean([leftEye, rightEye]);
  const mouth = mean([points[48], points[54]]);
  const unit = Math.max(1, (mouth.y - eyes.y) * cos - (mouth.x - eyes.x) * sin) / EYES_TO_MOUTH;
  return { eyes, across: { x: cos * unit, y: sin * unit } };
}

/** @param points 68 iBUG points @returns a function from pixels of the image to pixels of the aligned face */
export function toAligned(points: readonly Point[]): (point: Point) => Point {
  const { eyes, across } = axesOf(points);
  const scale = ALIGNED.unit / (across.x ** 2 + across.y ** 2);
  return ({ x, y }) => ({
    x: ALIGNED.eyesAt.x + ((x - eyes.x) * across.x + (y - eyes.y) * across.y) * scale,
    y: ALIGNED.eyesAt.y + ((y - eyes.y) * across.x - (x - eyes.x) * across.y) * scale,
  });
}

/** @param points 68 iBUG points, pixels of the image; parts outside the image repeat its edge */
export function alignedGreysOf({ width, height, data }: RgbImage, points: readonly Point[]): AlignedGreys {
  const { eyes, across } = axesOf(points);
  const face = new Uint8Array(ALIGNED.width * ALIGNED.height);
  const grey = (x: number, y: number) => {
    const at = 3 * (Math.min(Math.max(y, 0), height - 1) * width + Math.min(Math.max(x, 0), width - 1));
    return (data[at] + 2 * data[at + 1] + data[at + 2]) / 4;
  };
  for (let row = 0; row < ALIGNED.height; row++) {
    const v = (row - ALIGNED.eyesAt.y) / ALIGNED.unit;
    for (let column = 0; column < ALIGNED.width; column++) {
      const u = (column - ALIGNED.eyesAt.x) / ALIGNED.unit;
      const [x, y] = [eyes.x + u * across.x - v * across.y, eyes.y + u * across.y + v * across.x];
      const [x0, y0] = [Math.floor(x), Math.floor(y)];
      const [fx, fy] = [x - x0, y - y0];
      const upper = grey(x0, y0) * (1 - fx) + grey(x0 + 1, y0) * fx;
      const lower = grey(x0, y0 + 1) * (1 - fx) + grey(x0 + 1, y0 + 1) * fx;
      face[row * ALIGNED.width + column] = upper * (1 - fy) + lower * fy;
    }
  }
  return face;
}
