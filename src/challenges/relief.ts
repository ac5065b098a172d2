import { ALIGNED, type AlignedGreys, toAligned } from '../faces/landmarks/aligned-greys.js';
import type { Point } from '../faces/image/box.js';
import { mean } from '../faces/landmarks/landmarks68.js';

interface Patch {
  /** Where the middle of the patch is in the reference, whole pixels. */
  readonly x: number;
  readonly y: number;
  readonly halfWidth: number;
  readonly halfHeight: number;
}

/** Searched to each side and up and down, pixels of an aligned face. */
const [REACH_X, REACH_Y] = [14, 5];
/** Position of the tip between the bridge (0) and the mouth (1). */
const TIP_HEIGHT = 0.54;

/**
 * How far the tip of the nose moved to the side of the line from its bridge to the mouth, in eye distances, by the pixels.
 * On a sheet that is bent like a can, all three stay on one line; face-api's network puts the landmarks of such a picture
 * where a turned head has them, so landmarks do not tell.
 */
export class Relief {
  private readonly patches: { readonly tip: Patch; readonly bridge: Patch; readonly mouth: Patch };

  /** @param landmarks 68 iBUG points of the frame that `reference` is from, which shows the face from the front */
  constructor(
    private readonly reference: AlignedGreys,
    landmarks: readonly Point[],
  ) {
    const align = toAligned(landmarks);
    const patch = (point: Point, dy: number, halfWidth: number, halfHeight: number): Patch => {
      const { x, y } = align(point);
      return { x: Math.round(x), y: Math.round(y + dy), halfWidth, halfHeight };
    };
    const mouth = mean([landmarks[51], landmarks[57], landmarks[62]]);
    this.patches = {
      tip: patch(landmarks[30], -1, 9, 9),
      bridge: patch(landmarks[27], 1, 9, 7),
      mouth: patch(mouth, 0, 12, 8),
    };
  }

  /** @returns positive to the right of the picture */
  of(face: AlignedGreys): number {
    const [tip, bridge, mouth] = [this.patches.tip, this.patches.bridge, this.patches.mouth].map((patch) =>
      shiftOf(this.reference, face, patch),
    );
    return (tip - (1 - TIP_HEIGHT) * bridge - TIP_HEIGHT * mouth) / ALIGNED.unit;
  }
}

/** Where a patch of one face is found in another (normalised cross-correlation): pixels to the right. */
function shiftOf(from: AlignedGreys, to: AlignedGreys, patch: Patch): number {
  const wanted = valuesAt(from, patch, 0, 0, new Float32Array(sizeOf(patch)));
  const seen = new Float32Array(wanted.length);
  const mean = wanted.reduce((sum, value) => sum + value, 0) / wanted.length;
  for (let i = 0; i < wanted.length; i++) wanted[i] -= mean;
  let [best, found] = [-Infinity, 0];
  for (let dy = -REACH_Y; dy <= REACH_Y; dy++) {
    for (let dx = -REACH_X; dx <= REACH_X; dx++) {
      const score = likeness(wanted, valuesAt(to, patch, dx, dy, seen));
      if (score > best) [best, found] = [score, dx];
    }
  }
  return found;
}

function sizeOf({ halfWidth, halfHeight }: Patch): number {
  return (2 * halfWidth + 1) * (2 * halfHeight + 1);
}

function valuesAt(
  face: AlignedGreys,
  { x, y, halfWidth, halfHeight }: Patch,
  dx: number,
  dy: number,
  values: Float32Array,
): Float32Array {
  let at = 0;
  for (let row = y + dy - halfHeight; row <= y + dy + halfHeight; row++) {
    const start = Math.min(Math.max(row, 0), ALIGNED.height - 1) * ALIGNED.width;
    for (let column = x + dx - halfWidth; column <= x + dx + halfWidth; column++) {
      values[at++] = face[start + Math.min(Math.max(column, 0), ALIGNED.width - 1)];
    }
  }
  return values;
}

/** Correlation, times a factor that is the same for every `seen`. @param wanted with mean 0 */
function likeness(wanted: Float32Array, seen: Float32Array): number {
  let [sum, squares, products] = [0, 0, 0];
  for (let i = 0; i < seen.length; i++) {
    sum += seen[i];
    squares += seen[i] * seen[i];
    products += wanted[i] * seen[i];
  }
  const spread = squares - sum ** 2 / seen.length;
  return spread > 0 ? products / Math.sqrt(spread) : -Infinity;
}
