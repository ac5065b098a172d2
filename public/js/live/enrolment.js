import { overlap, relativeBox } from './boxes.js';

/**
 * @import { Enrolled, Recognition, RecognizedFace } from '/client/index.js'
 * @import { Frame } from './loop.js'
 * @import { SeenFace } from './types.js'
 *
 * @typedef {object} EnrolmentParts
 * @property {() => Promise<Frame | null>} grab at the camera's own resolution
 * @property {(photo: Blob) => Promise<Recognition>} recognize
 * @property {(photo: Blob, options: { name: string, face: number }) => Promise<Enrolled>} upload
 * @property {(answer: Recognition) => void} onAnswer every answer on the way
 * @property {(enrolled: number) => void} onProgress
 *
 * @typedef {{ name: string, enrolled: number, seen: number, error: unknown }} EnrolmentOutcome
 *   `seen`: frames that showed the face; `error`: the refusal that ended it, null when there was none
 */

export const FRAMES_TO_ENROL = 3;
/** Frames that are looked at before it is given up. */
const FRAMES_TO_TRY = 15;
/** A face that overlaps less with where it was a frame ago is somebody else's. */
const MIN_OVERLAP = 0.3;

/**
 * Enrols a face from the next three frames that show it: each is sent as it was seen, with the face's place in it.
 * @param {string} name
 * @param {SeenFace} wanted the face as it was seen last
 * @param {EnrolmentParts} parts
 * @param {AbortSignal} signal ends it: only an upload that is on its way is still kept
 * @returns {Promise<EnrolmentOutcome>}
 */
export async function enrolFromFrames(name, wanted, parts, signal) {
  /** @type {EnrolmentOutcome} */
  const outcome = { name, enrolled: 0, seen: 0, error: null };
  try {
    let { box } = wanted;
    for (let tried = 0; tried < FRAMES_TO_TRY && outcome.seen < FRAMES_TO_ENROL && !signal.aborted; tried++) {
      const photo = (await parts.grab())?.blob;
      if (!photo) break;
      const answer = await parts.recognize(photo);
      parts.onAnswer(answer);
      if (signal.aborted) break;
      const index = placeOf(box, answer, (face) =>
        outcome.enrolled > 0 ? isNow(outcome.name, face) : [null, wanted.name, wanted.nearest].includes(face.name),
      );
      if (index < 0) continue;
      box = relativeBox(answer.faces[index].box, answer.image);
      outcome.seen++;
      outcome.name = (await parts.upload(photo, { name, face: index })).name;
      parts.onProgress(++outcome.enrolled);
    }
  } catch (error) {
    outcome.error = error;
  }
  return outcome;
}

/**
 * Where in the answer the wanted face is, or -1: the face that overlaps its box most, among those that can be it. A face
 * that the server takes for somebody else is not it, or a stranger who steps before the camera would be enrolled too.
 * @param {import('./types.js').RelativeBox} box @param {Recognition} answer @param {(face: RecognizedFace) => boolean} canBe
 */
function placeOf(box, { faces, image }, canBe) {
  const overlaps = faces.map((face) => (canBe(face) ? overlap(box, relativeBox(face.box, image)) : 0));
  const largest = Math.max(0, ...overlaps);
  return largest >= MIN_OVERLAP ? overlaps.indexOf(largest) : -1;
}

/** Whether a face is near what was enrolled just now; a trained matcher learns the name only later. @param {string} name @param {RecognizedFace} face */
function isNow(name, { nearest, distance, threshold }) {
  return nearest === name && distance !== null && distance <= threshold;
}
