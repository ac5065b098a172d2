import type { Point } from './box.js';
import type { RgbImage } from './image.js';

/** A rotation with one scale and a shift: (x, y) -> (a·x − b·y + tx, b·x + a·y + ty). */
export interface Similarity {
  readonly a: number;
  readonly b: number;
  readonly tx: number;
  readonly ty: number;
}

/**
 * The similarity that maps points nearest to their targets in the least-squares sense (Umeyama 1991, without a
 * reflection), as scikit-image's `SimilarityTransform.estimate` does for InsightFace.
 * @param from at least two different points
 * @param to as many
 */
export function fitSimilarity(from: readonly Point[], to: readonly Point[]): Similarity {
  const [source, target] = [centreOf(from), centreOf(to)];
  let [dot, cross, square] = [0, 0, 0];
  from.forEach(({ x, y }, i) => {
    const [px, py, qx, qy] = [x - source.x, y - source.y, to[i].x - target.x, to[i].y - target.y];
    dot += px * qx + py * qy;
    cross += px * qy - py * qx;
    square += px * px + py * py;
  });
  const [a, b] = square === 0 ? [1, 0] : [dot / square, cross / square];
  return { a, b, tx: target.x - a * source.x + b * source.y, ty: target.y - b * source.x - a * source.y };
}

function centreOf(points: readonly Point[]): Point {
  const sum = points.reduce(({ x, y }, point) => ({ x: x + point.x, y: y + point.y }), { x: 0, y: 0 });
  return { x: sum.x / points.length, y: sum.y / points.length };
}

/**
 * Draws the part of a picture that a similarity maps onto a square: bilinear, black outside of the picture, as OpenCV's
 * `warpAffine` does with its default flags, but without rounding the weights to 1/32 and the result to whole grey levels.
 * @param similarity from pixels of the image to pixels of the square
 * @param side of the square, pixels
 * @param into `3 * side²` values, R G B interleaved (HWC), 0..255
 */
export function warpSquare(
  { width, height, data }: RgbImage,
  { a, b, tx, ty }: Similarity,
  side: number,
  into: Float32Array,
): void {
  const square = a * a + b * b;
  const stepX = a / square;
  const stepY = -b / square;
  for (let v = 0, at = 0; v < side; v++) {
    let x = (-a * tx + b * (v - ty)) / square;
    let y = (b * tx + a * (v - ty)) / square;
    for (let u = 0; u < side; u++, at += 3, x += stepX, y += stepY) {
      const left = Math.floor(x);
      const top = Math.floor(y);
      if (left < -1 || top < -1 || left >= width || top >= height) {
        into.fill(0, at, at + 3);
        continue;
      }
      const leftWeight = left < 0 ? 0 : left + 1 - x;
      const rightWeight = left + 1 < width ? x - left : 0;
      const topWeight = top < 0 ? 0 : top + 1 - y;
      const bottomWeight = top + 1 < height ? y - top : 0;
      // A corner outside of the picture has weight 0; any pixel stands for it.
      const first = 3 * (Math.max(top, 0) * width + Math.max(left, 0));
      const right = leftWeight === 0 || rightWeight === 0 ? 0 : 3;
      const down = topWeight === 0 || bottomWeight === 0 ? 0 : 3 * width;
      for (let c = 0; c < 3; c++) {
        const corner = first + c;
        into[at + c] =
          topWeight * (leftWeight * data[corner] + rightWeight * data[corner + right]) +
          bottomWeight * (leftWeight * data[corner + down] + rightWeight * data[corner + down + right]);
      }
    }
  }
}
