import { similarity } from '../faces/image/appearance.js';
import { euclideanDistance } from '../matching/matcher.js';
import type { ObservedFace } from './observation.js';

export interface Look {
  readonly at: number;
  readonly face: ObservedFace;
}

/** Degrees, and degrees a second. The limits of this file are assumed, not measured: generated people stay within them. */
const [YAW_NOISE, YAW_RATE] = [14, 150];
const [PITCH_NOISE, PITCH_RATE] = [14, 120];
/** Of the centre of the box, in its width. */
const [MOVE_NOISE, MOVE_RATE] = [0.2, 2];
/** Of the logarithm of the width of the box. */
const [SIZE_NOISE, SIZE_RATE] = [0.18, 1];
/** Correlation of the grey values of two frames. */
const [LEAST_SIMILARITY, SIMILARITY_RATE] = [0.7, 1.5];

/**
 * Whether one face can have moved from one frame to the next.
 * @param threshold largest distance of two looks of one person
 * @returns `jump` for a cut, `another_person` for another face; null for one continuous face
 */
export function breakBetween(before: Look, now: Look, threshold: number): 'jump' | 'another_person' | null {
  const seconds = (now.at - before.at) / 1000;
  if (euclideanDistance(before.face.embedding, now.face.embedding) > threshold) return 'another_person';
  return isJump(before.face, now.face, seconds) ? 'jump' : null;
}

function isJump(before: ObservedFace, now: ObservedFace, seconds: number): boolean {
  const width = Math.sqrt(before.box.width * now.box.width);
  const centre = ({ box }: ObservedFace) => ({ x: box.x + box.width / 2, y: box.y + box.height / 2 });
  const [from, to] = [centre(before), centre(now)];
  const moved = Math.hypot(to.x - from.x, to.y - from.y) / width;
  const grown = Math.abs(Math.log(now.box.width / before.box.width));
  if (moved > MOVE_NOISE + MOVE_RATE * seconds || grown > SIZE_NOISE + SIZE_RATE * seconds) return true;
  if (similarity(before.appearance, now.appearance) < LEAST_SIMILARITY - SIMILARITY_RATE * seconds) return true;
  if (!before.pose || !now.pose) return false;
  return (
    Math.abs(now.pose.yaw - before.pose.yaw) > YAW_NOISE + YAW_RATE * seconds ||
    Math.abs(now.pose.pitch - before.pose.pitch) > PITCH_NOISE + PITCH_RATE * seconds
  );
}
