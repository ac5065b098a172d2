/**
 * @import { Detection } from '/client/index.js'
 * @typedef {'front' | 'left' | 'right' | 'up' | 'down'} Look as the person sees it
 * @typedef {{ yaw: number, pitch: number }} Angles degrees, as in `Pose`
 * @typedef {object} Judged
 * @property {string | null} hint key of a text that says what is in the way
 * @property {number} amount how far the head is turned as it should be, 0..1
 * @property {Detection['faces'][number] | null} face null where there is not exactly one person
 */

/** In the order in which they are taken. @type {readonly Look[]} */
export const LOOKS = ['front', 'left', 'right', 'up', 'down'];

/**
 * Against the front, degrees. Source: `DONE` in src/challenges/action-measure.ts. Of generated heads that turned by 28° and
 * looked up and down by 22°, 24° to 35° and 17° to 27° were seen.
 */
const [TURN, TILT] = [18, 11];
/** Straight ahead, degrees: a camera may stand to the side or below. Source: `LARGEST_YAW` in src/challenges/first-looks.ts. */
const AHEAD = { yaw: 18, pitch: 28 };
/** Beyond, a face counts as turned away. Source: `QUALITY_LIMITS` in src/faces/image/quality.ts. */
const MOST = { yaw: 45, pitch: 40 };
/** Of the width of the picture. Source: `SMALLEST_FACE_PX` of 640 and `LARGEST_FACE_SHARE` in src/challenges/hints.ts. */
const SHARE = { least: 0.11, most: 0.8 };
/** Of the larger face. Source: src/challenges/hints.ts. */
const SECOND_FACE_SHARE = 0.4;

/**
 * Whether a picture shows the look.
 * @param {Pick<Detection, 'faces' | 'image' | 'rotated'>} answer with poses
 * @param {Look} look
 * @param {Angles} front of the person's look straight ahead
 * @returns {Judged}
 */
export function judgeLook({ faces, image, rotated }, look, front) {
  const [face, ...others] = [...faces].sort((a, b) => b.box.width - a.box.width);
  if (!face) return { hint: 'verify.hint.no_face', amount: 0, face: null };
  // A webcam stands upright, so what lies in its picture is no face.
  if (rotated !== 0) return { hint: null, amount: 0, face: null };
  const { box } = face;
  if (others.some((other) => other.box.width > SECOND_FACE_SHARE * box.width)) {
    return { hint: 'verify.hint.one_person', amount: 0, face: null };
  }
  const hint = hintOfPlace(box, image);
  const pose = face.attributes?.pose;
  if (hint || !pose) return { hint: hint ?? 'webcam.noPose', amount: 0, face };
  const amount = Math.min(1, Math.max(0, amountOf(look, pose, front)));
  const isTooFar = Math.abs(pose.yaw) > MOST.yaw || Math.abs(pose.pitch) > MOST.pitch;
  return { hint: isTooFar && amount === 1 ? 'webcam.less' : null, amount: isTooFar ? 0 : amount, face };
}

/** @param {{ x: number, y: number, width: number, height: number }} box @param {{ width: number, height: number }} image */
function hintOfPlace(box, image) {
  if (box.width < SHARE.least * image.width) return 'verify.hint.come_closer';
  if (box.width > SHARE.most * image.width) return 'verify.hint.go_back';
  const isInside = box.x >= 0 && box.y >= 0 && box.x + box.width <= image.width && box.y + box.height <= image.height;
  return isInside ? null : 'verify.hint.move_to_centre';
}

/** @param {Look} look @param {Angles} pose @param {Angles} front */
function amountOf(look, { yaw, pitch }, front) {
  switch (look) {
    case 'front':
      return Math.abs(yaw) <= AHEAD.yaw && Math.abs(pitch) <= AHEAD.pitch ? 1 : 0;
    case 'left':
      return (yaw - front.yaw) / TURN;
    case 'right':
      return (front.yaw - yaw) / TURN;
    case 'up':
      return (pitch - front.pitch) / TILT;
    case 'down':
      return (front.pitch - pitch) / TILT;
  }
}
