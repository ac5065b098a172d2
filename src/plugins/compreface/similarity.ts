/** Where CompreFace's own curve reads one half, plain Euclidean distance of its FaceNet. */
const MIDDLE = 1.1818;
/** How steeply it falls there. */
const STEEPNESS = 5.292;
/** CompreFace tells five decimals. */
const DECIMALS = 5;

/**
 * A distance as CompreFace tells it: 1 for the same picture, 0 for strangers. Its formula is
 * `(tanh((1.1818 - d) * 5.292) + 1) / 2` of the plain Euclidean distance d (CompreFace's `FaceClassifierPredictor` and the
 * coefficients of its FaceNet), and the cut-off that its documentation recommends is 0.5
 * (docs/Face-Recognition-Similarity-Threshold.md). Rostro's embedders have other distances, so d is stretched until the
 * threshold in force reads 0.5: a client that cuts at 0.5 names whom Rostro names.
 * @param distance plain Euclidean, 0 or more
 * @param threshold the distance at which a name is given, more than 0
 * @returns 0..1, rounded to five decimals
 */
export function similarityOf(distance: number, threshold: number): number {
  const stretched = (distance / threshold) * MIDDLE;
  const similarity = (Math.tanh((MIDDLE - stretched) * STEEPNESS) + 1) / 2;
  return Number(similarity.toFixed(DECIMALS));
}
