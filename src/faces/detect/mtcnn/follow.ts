import type { Box } from '../../image/box.js';
import { CandidateList, squareToPixels, type Candidates } from './candidates.js';

/**
 * Offsets at which to look for a face since the last frame: same place, one step to each side, and slightly nearer.
 * Steps are in sides of the square around the face. R-Net corrects the rest.
 */
const OFFSETS: readonly (readonly [right: number, down: number, grown: number])[] = [
  [0, 0, 1],
  [-0.2, 0, 1],
  [0.2, 0, 1],
  [0, -0.2, 1],
  [0, 0.2, 1],
  [0, 0, 1.3],
];

const UNMOVED = new Float32Array(4);

const SAME_PLACE: typeof OFFSETS = [[0, 0, 1]];

/** @returns candidates for O-Net in place of the previous boxes: squares with whole-pixel corners, in order */
export function squaresOf(boxes: readonly Box[]): Candidates {
  return squaresAt(boxes, SAME_PLACE);
}

/** @returns candidates for R-Net around the previous boxes: squares with whole-pixel corners */
export function proposalsAround(boxes: readonly Box[]): Candidates {
  return squaresAt(boxes, OFFSETS);
}

function squaresAt(boxes: readonly Box[], offsets: typeof OFFSETS): Candidates {
  const list = new CandidateList();
  for (const { x, y, width, height } of boxes) {
    const side = Math.max(width, height);
    for (const [right, down, grown] of offsets) {
      const centreX = x + width / 2 + right * side;
      const centreY = y + height / 2 + down * side;
      const half = (side * grown) / 2;
      list.push([centreX - half, centreY - half, centreX + half, centreY + half], 1, UNMOVED, 0);
    }
  }
  const proposals = list.finish();
  squareToPixels(proposals);
  return proposals;
}
