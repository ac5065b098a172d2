import { z } from 'zod';
import { RostroError } from '../../shared/errors.js';
import type { Enrolment, PreparedExample } from '../../people/enrolment.js';

/** What `several_faces` tells of each. */
const facesSeen = z.object({ faces: z.array(z.object({ confidence: z.number() })) });

/**
 * The example that a photo gives when faces below a confidence do not count.
 * @param minConfidence 0..1; null counts all that the detector finds
 * @throws RostroError as `Enrolment.prepare`
 */
export async function prepareFace(
  enrolment: Pick<Enrolment, 'prepare'>,
  bytes: Uint8Array,
  minConfidence: number | null,
  signal?: AbortSignal,
): Promise<PreparedExample> {
  if (minConfidence === null) return enrolment.prepare(bytes, undefined, signal);
  try {
    const prepared = await enrolment.prepare(bytes, undefined, signal);
    if (prepared.face.confidence >= minConfidence) return prepared;
  } catch (error) {
    const sure = sureFaces(error, minConfidence);
    if (sure.length > 1) throw error;
    if (sure.length === 1) return enrolment.prepare(bytes, sure[0], signal);
  }
  throw new RostroError('no_face', `No face with a probability of ${minConfidence} or more was found in the photo.`);
}

/** @returns their places in the list of faces. @throws the error itself where it says anything else */
function sureFaces(error: unknown, minConfidence: number): number[] {
  if (!(error instanceof RostroError) || error.code !== 'several_faces') throw error;
  const { faces } = facesSeen.parse(error.details);
  return [...faces.keys()].filter((i) => faces[i].confidence >= minConfidence);
}
