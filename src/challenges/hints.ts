import type { Observation, ObservedFace } from './observation.js';

/** What the person should change now; null where nothing is in the way. */
export const HINTS = [
  'no_face',
  'one_person',
  'too_dark',
  'come_closer',
  'go_back',
  'move_to_centre',
  'look_ahead',
  'hold_still',
] as const;
export type Hint = (typeof HINTS)[number];

/** Of the larger face: a second one that is smaller than this is in the background. */
const SECOND_FACE_SHARE = 0.4;
/** Pixels; assumed, not measured. */
const SMALLEST_FACE_PX = 72;
/** Of the width of the picture. */
const LARGEST_FACE_SHARE = 0.8;
const DARKEST = 0.12;

/** What is in the way of looking at a frame at all. */
export function hintOf(image: Observation['image'], faces: Observation['faces']): Hint | null {
  if (faces.length === 0) return 'no_face';
  const [{ box, brightness, pose }, ...others] = faces;
  if (others.some((other) => other.box.width > SECOND_FACE_SHARE * box.width)) return 'one_person';
  if (brightness < DARKEST) return 'too_dark';
  if (box.width < SMALLEST_FACE_PX) return 'come_closer';
  if (box.width > LARGEST_FACE_SHARE * image.width) return 'go_back';
  const [middleX, middleY] = [box.x + box.width / 2, box.y + box.height / 2];
  const isInside = middleX > box.width * 0.4 && middleX < image.width - box.width * 0.4;
  if (!isInside || middleY < box.height * 0.35 || middleY > image.height - box.height * 0.35) return 'move_to_centre';
  return pose === null ? 'look_ahead' : null;
}

/** What helps where the passive check is unsure. */
const UNSURE_HINTS: Readonly<Partial<Record<string, Hint>>> = {
  too_small: 'come_closer',
  cut_off: 'move_to_centre',
  too_close: 'go_back',
  too_dark: 'too_dark',
};

/** What is in the way of the passive check. */
export function unsureHintOf({ live }: ObservedFace): Hint | null {
  return UNSURE_HINTS[live?.why ?? 'none'] ?? null;
}
