import type { IntegralImage } from '../../image/integral-image.js';
import {
  applyRegression,
  CandidateList,
  cornersOf,
  firstOf,
  squareToPixels,
  suppress,
  type Candidates,
} from './candidates.js';
import type { CropNetwork } from './crops.js';

/** IoU above which two candidates count as one; detect_face.py. */
const OVERLAP = 0.7;

/** Candidates that O-Net judges. It takes 0.4 ms for each; the 1,280 faces of `MAX_PROPOSALS` have 8,100. */
const MAX_REFINED = 8000;

/**
 * Second stage: R-Net filters and corrects the proposals.
 * @param threshold a candidate's probability must exceed it, 0..1
 * @returns square boxes with whole-pixel corners, by descending probability
 */
export async function refine(
  rnet: CropNetwork,
  image: IntegralImage,
  proposals: Candidates,
  threshold: number,
): Promise<Candidates> {
  const { probability, regression } = await rnet.run(image, proposals);
  const passed = new CandidateList();
  for (let i = 0; i < proposals.count; i++) {
    if (probability[i] > threshold) passed.push(cornersOf(proposals, i), probability[i], regression, 4 * i);
  }
  const refined = firstOf(suppress(passed.finish(), OVERLAP, 'union'), MAX_REFINED);
  applyRegression(refined, 1);
  squareToPixels(refined);
  return refined;
}
