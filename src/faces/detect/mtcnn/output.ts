import type { Landmarks5, Point } from '../../image/box.js';
import type { IntegralImage } from '../../image/integral-image.js';
import type { DetectedFace } from '../detector.js';
import { applyRegression, CandidateList, cornersOf, suppress, type Candidates } from './candidates.js';
import type { CropNetwork } from './crops.js';

/** Overlap, relative to the smaller box, above which two faces count as one; detect_face.py. */
const OVERLAP = 0.7;

/**
 * Third stage: O-Net makes the final decision, corrects the boxes and adds the landmarks.
 * Coordinates are those of detect_face.py: landmarks count pixels from 0; a box keeps the corners x1, y1 counted from 1
 * (the original never subtracts the 1) and is x2 - x1 wide.
 * @param threshold a face's probability must exceed it, 0..1
 * @returns faces by descending probability
 */
export async function locateFaces(
  onet: CropNetwork,
  image: IntegralImage,
  candidates: Candidates,
  threshold: number,
): Promise<DetectedFace[]> {
  const outputs = await onet.run(image, candidates);
  const passed = new CandidateList();
  const landmarks: Landmarks5[] = [];
  for (let i = 0; i < candidates.count; i++) {
    const score = outputs.probability[i];
    if (!(score > threshold)) continue;
    const corners = cornersOf(candidates, i);
    passed.push(corners, score, outputs.regression, 4 * i);
    landmarks.push(landmarksInImage(outputs.landmarks, 10 * i, corners));
  }
  const found = passed.finish();
  applyRegression(found, 1);
  const faces = suppress(found, OVERLAP, 'min');
  return Array.from(faces.kept, (index, i) => {
    const [x1, y1, x2, y2] = cornersOf(faces, i);
    const box = { x: x1, y: y1, width: x2 - x1, height: y2 - y1 };
    return { box, confidence: faces.scores[i], landmarks: landmarks[index] };
  });
}

/** @param shares five x, then five y, as shares of the box that was the input of O-Net */
function landmarksInImage(shares: Float32Array, at: number, [x1, y1, x2, y2]: Float64Array): Landmarks5 {
  const point = (i: number): Point => ({
    x: shares[at + i] * (x2 - x1 + 1) + x1 - 1,
    y: shares[at + 5 + i] * (y2 - y1 + 1) + y1 - 1,
  });
  return [point(0), point(1), point(2), point(3), point(4)];
}
