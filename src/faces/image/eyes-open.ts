import type { Point } from './box.js';
import type { RgbImage } from './image.js';

/** First of the six iBUG points of each eye. */
const EYES = [36, 42];
/** The patch around an eye, against the distance of its corners: half its width and half its height. */
const [HALF_WIDTH, HALF_HEIGHT] = [0.6, 0.5];
const SAMPLES = 24;
/** The rows without the brow, the columns between the corners of the eye, and how many of the darkest count: the iris. */
const [TOP, BOTTOM] = [3, 22];
const [FROM, TO, DARKEST] = [5, 19, 6];
/** Dark is what is below this share of the brightness of the skin around the eye. */
const DARK = 0.7;

/**
 * How open the eyes are: how much dark iris there is between the lids, 0..1, mean of both eyes. Compare it only with other
 * frames of the same person. The opening by face-api's 68 points stays at 0.93 when lids close: that network does not see it.
 * Limits and what was measured: `challenges/action-measure.ts`.
 * @param points 68 iBUG points, pixels of the image
 */
export function eyesOpenOf(image: RgbImage, points: readonly Point[]): number {
  const [left, right] = EYES.map((first) => darknessOf(eyePatch(image, points.slice(first, first + 6))));
  return (left + right) / 2;
}

/** SAMPLES × SAMPLES grey values along the line of the corners, row-major. */
function eyePatch({ width, height, data }: RgbImage, eye: readonly Point[]): Float32Array {
  const [ax, ay] = [eye[3].x - eye[0].x, eye[3].y - eye[0].y];
  const centreX = eye.reduce((sum, { x }) => sum + x, 0) / eye.length;
  const centreY = eye.reduce((sum, { y }) => sum + y, 0) / eye.length;
  const grey = (x: number, y: number) => {
    const at = 3 * (Math.min(Math.max(y, 0), height - 1) * width + Math.min(Math.max(x, 0), width - 1));
    return (data[at] + 2 * data[at + 1] + data[at + 2]) / 4;
  };
  const patch = new Float32Array(SAMPLES * SAMPLES);
  for (let row = 0; row < SAMPLES; row++) {
    const v = (((row + 0.5) / SAMPLES) * 2 - 1) * HALF_HEIGHT;
    for (let column = 0; column < SAMPLES; column++) {
      const u = (((column + 0.5) / SAMPLES) * 2 - 1) * HALF_WIDTH;
      const [x, y] = [centreX + u * ax - v * ay, centreY + u * ay + v * ax];
      const [x0, y0] = [Math.floor(x), Math.floor(y)];
      const [fx, fy] = [x - x0, y - y0];
      const upper = grey(x0, y0) * (1 - fx) + grey(x0 + 1, y0) * fx;
      const lower = grey(x0, y0 + 1) * (1 - fx) + grey(x0 + 1, y0 + 1) * fx;
      patch[row * SAMPLES + column] = upper * (1 - fy) + lower * fy;
    }
  }
  return patch;
}

function darknessOf(patch: Float32Array): number {
  const limit = DARK * patch.toSorted()[Math.floor(0.8 * (patch.length - 1))] || 1;
  const columns: number[] = [];
  for (let column = FROM; column < TO; column++) {
    let dark = 0;
    for (let row = TOP; row < BOTTOM; row++) dark += Math.max(0, 1 - patch[row * SAMPLES + column] / limit);
    columns.push(dark / (BOTTOM - TOP));
  }
  const darkest = columns.sort((a, b) => b - a).slice(0, DARKEST);
  return darkest.reduce((sum, dark) => sum + dark, 0) / DARKEST;
}
