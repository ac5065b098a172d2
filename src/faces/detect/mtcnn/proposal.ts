import type { Session, Tensor } from '../../../engine/engine.js';
import type { IntegralImage } from '../../image/integral-image.js';
import { applyRegression, CandidateList, firstOf, squareToPixels, suppress, type Candidates } from './candidates.js';
import { PNET_STRIDE_PX, PNET_WINDOW_PX, type PyramidLevel, pyramidStrips, type Strip } from './pyramid.js';

/** IoU above which proposals of one level, and of all levels, count as one; detect_face.py. */
const LEVEL_OVERLAP = 0.5;
const PYRAMID_OVERLAP = 0.7;

/**
 * Proposals that R-Net judges. It takes 0.1 ms for each, and 1,280 faces of 24 px beside each other have 19,500 (measured
 * with one thread). Without a limit a picture of faces takes a worker minutes.
 */
const MAX_PROPOSALS = 20_000;

/**
 * First stage: P-Net on every level of the pyramid.
 * Differs from detect_face.py on purpose: there, a level with exactly one proposal reads its regression from the
 * mirrored column (`flipud`, left over from the MATLAB original).
 * @param threshold minimum probability of a proposal, 0..1
 * @returns square boxes with whole-pixel corners, by descending probability
 */
export async function propose(
  pnet: Session,
  image: IntegralImage,
  levels: readonly PyramidLevel[],
  threshold: number,
): Promise<Candidates> {
  const found = new Map(levels.map((level) => [level, new CandidateList()]));
  for (const strip of pyramidStrips(image, levels)) {
    const { probability, regression } = await pnet.run({ image: strip.image });
    addWindows(found.get(strip.level)!, strip, probability, regression, threshold);
  }
  const all = new CandidateList();
  for (const list of found.values()) all.append(suppress(list.finish(), LEVEL_OVERLAP, 'union'));
  const proposals = firstOf(suppress(all.finish(), PYRAMID_OVERLAP, 'union'), MAX_PROPOSALS);
  applyRegression(proposals, 0);
  squareToPixels(proposals);
  return proposals;
}

/** Adds the windows above the threshold, with corners in pixels of the image (`generateBoundingBox`). */
function addWindows(
  found: CandidateList,
  { level, top }: Strip,
  { data: probability, dims }: Tensor,
  { data: regression }: Tensor,
  threshold: number,
): void {
  const columns = dims[3];
  const inImage = (px: number): number => Math.trunc(px / level.scale);
  for (let i = 0; i < probability.length; i++) {
    if (!(probability[i] >= threshold)) continue;
    const x = PNET_STRIDE_PX * (i % columns);
    const y = PNET_STRIDE_PX * Math.floor(i / columns) + top;
    const corners = [inImage(x + 1), inImage(y + 1), inImage(x + PNET_WINDOW_PX), inImage(y + PNET_WINDOW_PX)];
    found.push(corners, probability[i], regression, i, probability.length);
  }
}
