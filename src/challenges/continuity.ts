import { similarity } from '../faces/image/appearance.js';
import { euclideanDistance } from '../matching/matcher.js';
import type { ObservedFace } from './observation.js';

export interface Look {
  readonly at: number;
  readonly face: ObservedFace;
}

/**
 * Degrees, and degrees a second. Measured on 4,042 frames of 24 turned photos at 5 to 7 frames a second with MTCNN, face-api's
 * 68 points and MobileFaceNet, as the 99.9th percentile of what changed from one frame to the next, at rest and in motion:
 * yaw 8 and 38, pitch 6 and 21, centre 0.07 and 0.37, size 0.16 and 0.22, similarity 0.63 and 0.38.
 */
const [YAW_NOISE, YAW_RATE] = [14, 150];
const [PITCH_NOISE, PITCH_RATE] = [12, 90];
/** Of the centre of the box, in its width. */
const [MOVE_NOISE, MOVE_RATE] = [0.15, 1.5];
/** Of the logarithm of the width of the box. */
const [SIZE_NOISE, SIZE_RATE] = [0.18, 1];
/** Correlation of the grey values of two frames. */
const [LEAST_SIMILARITY, SIMILARITY_RATE] = [0.65, 1.5];

/** Why two frames cannot show one continuous face. */
export type Break = 'jump' | 'another_person';

/** Follows a face from frame to frame. One frame that breaks the line is left out, because networks err; two are a break. */
export class Continuity {
  private last: Look | null = null;
  private brokenAt: number | null = null;

  /** @param threshold largest distance of two looks of one person */
  constructor(private readonly threshold: number) {}

  /** When the last frame was seen that continues the line. */
  get seenAt(): number | null {
    return this.last?.at ?? null;
  }

  /** @returns whether the look continues the line; `left_out` for the first that does not, then why it is broken */
  add(look: Look): 'continued' | 'left_out' | Break {
    const since = this.brokenAt ?? this.last?.at ?? look.at;
    const found = this.last && breakBetween(this.last.face, look.face, (look.at - since) / 1000, this.threshold);
    if (found && this.brokenAt !== null) return found;
    this.brokenAt = found ? look.at : null;
    if (!found) this.last = look;
    return found ? 'left_out' : 'continued';
  }
}

function breakBetween(before: ObservedFace, now: ObservedFace, seconds: number, threshold: number): Break | null {
  if (euclideanDistance(before.embedding, now.embedding) > threshold) return 'another_person';
  return isJump(before, now, seconds) ? 'jump' : null;
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
