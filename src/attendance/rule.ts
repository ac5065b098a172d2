import { type Box, clipToImage, type Landmarks5 } from '../faces/image/box.js';
import { isCutOff } from '../faces/image/cut-off.js';
import { poseOf } from '../faces/image/pose.js';
import { POOR_SCORE, qualityParts } from '../faces/image/quality.js';
import type { Size } from '../faces/image/resize-area.js';
import type { Liveness } from '../faces/liveness/liveness.js';

export const DOUBTS = ['far', 'runner_up', 'poor', 'liveness', 'once'] as const;
export type Doubt = (typeof DOUBTS)[number];

/** A face that has the name of a person. */
export interface NamedLook {
  /** Euclidean distance to the person. */
  readonly distance: number;
  readonly threshold: number;
  /** Distance to the second nearest person; null without one. */
  readonly runnerUp: number | null;
  /** Quality score, 0..1; null where it is not known. */
  readonly quality: number | null;
  /** Whether the edge of the picture cuts the face. */
  readonly cutOff: boolean;
  /** Null where liveness is not judged. */
  readonly live: Pick<Liveness, 'verdict'> | null;
  /** Number of embeddings of this face that are good enough for a name; null for a single photo. */
  readonly goodLooks: number | null;
}

export interface JudgedLook {
  readonly state: 'present' | 'doubtful';
  /** Empty for `present`. */
  readonly why: readonly Doubt[];
}

/**
 * Share of the threshold within which the answer could have been another: nobody, where the distance is that near to the
 * threshold, or the second nearest person, where they are only that much farther. A live session takes a name from a single
 * embedding within the same share (`FIRST_LOOK_SHARE` in live/identity.ts). docs/attendance.md says what other shares give.
 */
export const DOUBT_SHARE = 0.1;
/** Below this score, one of the measures of a face is beyond the limit of the enrolment warnings (`qualityScore`). */
const GOOD_SCORE = 0.5;
/** As for the events of a camera: among the hundreds of pictures of a stream, a single one matches by chance. */
const GOOD_LOOKS = 2;

/**
 * Whether a look marks a person. The only place that decides it.
 * @returns null for a look that marks nobody: the edge of the picture cuts the face, or the face is too poor for a name
 */
export function judgeLook(look: NamedLook): JudgedLook | null {
  const { distance, threshold, runnerUp, quality, cutOff, live, goodLooks } = look;
  if (cutOff || (quality !== null && quality < POOR_SCORE) || goodLooks === 0) return null;
  const margin = DOUBT_SHARE * threshold;
  const doubts: Record<Doubt, boolean> = {
    far: distance > threshold - margin,
    runner_up: runnerUp !== null && runnerUp < distance + margin,
    poor: quality !== null && quality < GOOD_SCORE,
    liveness: live !== null && live.verdict !== 'live',
    once: goodLooks !== null && goodLooks < GOOD_LOOKS,
  };
  const why = DOUBTS.filter((doubt) => doubts[doubt]);
  return { state: why.length === 0 ? 'present' : 'doubtful', why };
}

/** What a face's box and landmarks say of its quality, where its pixels are gone: size, pose and edge. */
export function placedQuality(
  face: { readonly box: Box; readonly landmarks: Landmarks5 | null },
  image: Size,
): { readonly quality: number; readonly cutOff: boolean } {
  const { width, height } = clipToImage(face.box, image);
  const facePx = Math.min(width, height);
  const { size, pose } = qualityParts(
    { facePx, sharpness: 0, brightness: 0, contrast: 0, pose: face.landmarks && poseOf(face.landmarks) },
    { outside: 0, landmarkDistance: 0 },
  );
  return { quality: Math.min(size, pose), cutOff: isCutOff(face, image) };
}
