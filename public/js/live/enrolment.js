import { overlap, relativeBox } from './boxes.js';

/**
 * @import { Enrolled, Recognition, RecognizedFace } from '/client/index.js'
 * @import { Frame } from './loop.js'
 * @import { SeenFace } from './types.js'
 *
 * @typedef {object} EnrolmentParts
 * @property {() => Promise<Pick<Frame, 'blob'> | null>} grab at the camera's own resolution
 * @property {(photo: Blob) => Promise<Recognition>} recognize
 * @property {(photo: Blob, options: { name: string, face: number }) => Promise<Enrolled>} upload
 * @property {(answer: Recognition) => void} onAnswer called for every response
 * @property {(enrolled: number) => void} onProgress
 *
 * @typedef {{ name: string, enrolled: number, seen: number, error: unknown }} EnrolmentOutcome
 *   `seen`: frames that showed the face; `error`: the refusal that ended it, null when there was none
 */

export const FRAMES_TO_ENROL = 3;
/** Frames tried at most. */
const FRAMES_TO_TRY = 15;
/** A face that overlaps its previous box less belongs to another person. */
const MIN_OVERLAP = 0.3;

/**
 * Enrols a face from the next three frames that show it. Each frame is sent with the index of the face.
 * @param {string} name
 * @param {SeenFace} wanted the face in the last response
 * @param {EnrolmentParts} parts
 * @param {AbortSignal} signal cancels it; an upload that has begun is still enrolled
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
      const enrolled = await parts.upload(photo, { name, face: index });
      outcome.name = enrolled.name;
      // The camera has repeated a picture.
      if (enrolled.outcome === 'already_there' && outcome.enrolled > 0) outcome.seen--;
      else parts.onProgress(++outcome.enrolled);
    }
  } catch (error) {
    outcome.error = error;
  }
  return outcome;
}

/**
 * The index of the wanted face in the response, or -1: of the possible faces the one that overlaps its box most. A face that
 * the server recognizes as another person is excluded, so that a person who steps in front of the camera is not enrolled.
 * @param {import('./types.js').RelativeBox} box @param {Recognition} answer @param {(face: RecognizedFace) => boolean} canBe
 */
function placeOf(box, { faces, image }, canBe) {
  const overlaps = faces.map((face) => (canBe(face) ? overlap(box, relativeBox(face.box, image)) : 0));
  const largest = Math.max(0, ...overlaps);
  return largest >= MIN_OVERLAP ? overlaps.indexOf(largest) : -1;
}

/** Whether a face is near the newly enrolled one; a trained matcher learns the name only later. @param {string} name @param {RecognizedFace} face */
function isNow(name, { nearest, distance, threshold }) {
  return nearest === name && distance !== null && distance <= threshold;
}
