import { type Box, pairByOverlap } from '../../image/box.js';
import type { DetectedFace } from '../detector.js';
import { CandidateList, squareToPixels, type Candidates } from './candidates.js';

/**
 * Where a face may have gone since the last frame: its place, a step to each side, and a little nearer. Steps in sides of
 * the square around the face. R-Net corrects what lies between.
 */
const STEPS: readonly (readonly [right: number, down: number, grown: number])[] = [
  [0, 0, 1],
  [-0.2, 0, 1],
  [0.2, 0, 1],
  [0, -0.2, 1],
  [0, 0.2, 1],
  [0, 0, 1.3],
];
/** A face that lies elsewhere is another one. */
const MIN_OVERLAP = 0.3;

const UNMOVED = new Float32Array(4);

/** @returns candidates for R-Net: square boxes with whole-pixel corners around where faces were */
export function proposalsAround(boxes: readonly Box[]): Candidates {
  const list = new CandidateList();
  for (const { x, y, width, height } of boxes) {
    const side = Math.max(width, height);
    for (const [right, down, grown] of STEPS) {
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

/** @returns for each box the face that has it now, null where there is none */
export function facesOf(boxes: readonly Box[], found: readonly DetectedFace[]): (DetectedFace | null)[] {
  const pairs = pairByOverlap(
    boxes,
    found.map(({ box }) => box),
    MIN_OVERLAP,
  );
  return pairs.map((index) => (index === null ? null : found[index]));
}
