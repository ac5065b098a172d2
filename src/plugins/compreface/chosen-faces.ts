import { RostroError } from '../../shared/errors.js';
import type { Face } from '../../faces/pipeline/pipeline.js';

/** Which faces of a photo a client of CompreFace wants. */
export interface FaceChoice {
  /** So many, the largest; 0 is all. */
  readonly limit: number;
  /** Those of which the detector is at least so sure, 0..1; null takes all that it finds. */
  readonly minConfidence: number | null;
}

/**
 * The largest first.
 * @param which photo, for the sentence
 * @throws RostroError `no_face` where none is left
 */
export function chosenFaces<T extends Face>(
  faces: readonly T[],
  { limit, minConfidence }: FaceChoice,
  which = 'given',
): T[] {
  const area = ({ box }: Face) => box.width * box.height;
  const chosen = faces
    .filter(({ confidence }) => confidence >= (minConfidence ?? 0))
    .sort((a, b) => area(b) - area(a))
    .slice(0, limit === 0 ? undefined : limit);
  if (chosen.length === 0) throw new RostroError('no_face', `No face is found in the ${which} image`);
  return chosen;
}
