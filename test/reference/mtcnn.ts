import type { Session } from '../../src/engine/engine.js';
import type { Box, Point } from '../../src/faces/image/box.js';
import type { RgbImage } from '../../src/faces/image/image.js';
import { areaMeans } from './resample.js';
import { pickOneByOne, type Corners } from './suppression.js';

/**
 * MTCNN as Zhang et al. published it and facenet's detect_face.py carries it out, written down plainly: every level of
 * the pyramid whole, every crop cut out by itself and run by itself, every box compared with every other. Only the
 * networks are the ones that Rostro runs. Where the original reads the regression of a level's only proposal from the
 * mirrored column, this does not (see `src/faces/detect/mtcnn/proposal.ts`).
 */
export interface MtcnnNetworks {
  readonly pnet: Session;
  readonly rnet: Session;
  readonly onet: Session;
}

export interface ReferenceFace {
  readonly box: Box;
  readonly confidence: number;
  readonly landmarks: readonly Point[];
}

interface Candidate {
  /** In pixels of the picture, counted from 1 and included. */
  readonly corners: Corners;
  readonly score: number;
  /** How far each corner is to move, as shares of width and height. */
  readonly regression: readonly number[];
}

const WINDOW_PX = 12;
const STRIDE_PX = 2;
const FACTOR = 0.709;
const THRESHOLDS = [0.6, 0.7, 0.7];

/** @returns faces by descending confidence; the numbers of a box are detect_face.py's x1, y1, x2 - x1, y2 - y1 */
export async function detectFaces(
  { pnet, rnet, onet }: MtcnnNetworks,
  image: RgbImage,
  minFacePx: number,
): Promise<ReferenceFace[]> {
  const proposals: Candidate[] = [];
  for (const scale of scalesOf(image, minFacePx)) {
    proposals.push(...suppressed(await proposalsAt(scale, pnet, image), 0.5, 'union'));
  }
  const first = suppressed(proposals, 0.7, 'union').map((candidate) => squared(moved(candidate, 0)));

  const refined: Candidate[] = [];
  for (const corners of first) {
    const { probability, regression } = await rnet.run({ image: cropTensor(image, corners, 24) });
    const score = probability.data[0];
    if (score > THRESHOLDS[1]) refined.push({ corners, score, regression: [...regression.data] });
  }
  const second = suppressed(refined, 0.7, 'union').map((candidate) => squared(moved(candidate, 1)));

  const found: (Candidate & { landmarks: Point[] })[] = [];
  for (const corners of second) {
    const { probability, regression, landmarks } = await onet.run({ image: cropTensor(image, corners, 48) });
    const score = probability.data[0];
    if (!(score > THRESHOLDS[2])) continue;
    const candidate = { corners, score, regression: [...regression.data] };
    found.push({ ...candidate, corners: moved(candidate, 1), landmarks: placed(landmarks.data, corners) });
  }
  return suppressed(found, 0.7, 'min').map(({ corners: [x1, y1, x2, y2], score, landmarks }) => ({
    box: { x: x1, y: y1, width: x2 - x1, height: y2 - y1 },
    confidence: score,
    landmarks,
  }));
}

function scalesOf({ width, height }: RgbImage, minFacePx: number): number[] {
  const scales: number[] = [];
  for (let side = (Math.min(width, height) * WINDOW_PX) / minFacePx; side >= WINDOW_PX; side *= FACTOR) {
    scales.push((WINDOW_PX / minFacePx) * FACTOR ** scales.length);
  }
  return scales;
}

/** `generateBoundingBox` on what P-Net says of the whole level, whose pixels are rounded to 8 bits as cv2 does. */
async function proposalsAt(scale: number, pnet: Session, image: RgbImage): Promise<Candidate[]> {
  const width = Math.ceil(image.width * scale);
  const height = Math.ceil(image.height * scale);
  const whole = { x: 0, y: 0, width: image.width, height: image.height };
  const pixels = areaMeans(image, whole, { width, height }).map(halfToEven);
  const { probability, regression } = await pnet.run({ image: tensorOf(pixels, width, height) });
  const [, , rows, columns] = probability.dims;
  const inImage = (px: number): number => Math.trunc(px / scale);
  const candidates: Candidate[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const at = row * columns + column;
      const score = probability.data[at];
      if (!(score >= THRESHOLDS[0])) continue;
      const [left, top] = [STRIDE_PX * column, STRIDE_PX * row];
      const corners = [left + 1, top + 1, left + WINDOW_PX, top + WINDOW_PX].map(inImage) as unknown as Corners;
      const moves = [0, 1, 2, 3].map((k) => regression.data[k * rows * columns + at]);
      candidates.push({ corners, score, regression: moves });
    }
  }
  return candidates;
}

function suppressed<T extends Candidate>(candidates: readonly T[], threshold: number, overlapOf: 'union' | 'min'): T[] {
  const boxes = candidates.map(({ corners }) => corners);
  const scores = candidates.map(({ score }) => score);
  return pickOneByOne(boxes, scores, threshold, overlapOf).map((index) => candidates[index]);
}

/** @param extra 1 as `bbreg` counts a width, 0 as the first stage counts it */
function moved(
  { corners: [x1, y1, x2, y2], regression: [left, top, right, bottom] }: Candidate,
  extra: number,
): Corners {
  const width = x2 - x1 + extra;
  const height = y2 - y1 + extra;
  return [x1 + left * width, y1 + top * height, x2 + right * width, y2 + bottom * height];
}

/** `rerec`, and `fix`: a square about the same centre, corners cut to whole pixels. */
function squared([x1, y1, x2, y2]: Corners): Corners {
  const side = Math.max(x2 - x1, y2 - y1);
  const left = x1 + (x2 - x1) / 2 - side / 2;
  const top = y1 + (y2 - y1) / 2 - side / 2;
  return [Math.trunc(left), Math.trunc(top), Math.trunc(left + side), Math.trunc(top + side)];
}

/** `pad` and `imresample`: the box with black where it sticks out of the picture, at the size that a network takes. */
function cropTensor(image: RgbImage, [x1, y1, x2, y2]: Corners, side: number) {
  const region = { x: x1 - 1, y: y1 - 1, width: Math.max(1, x2 - x1 + 1), height: Math.max(1, y2 - y1 + 1) };
  return tensorOf(areaMeans(image, region, { width: side, height: side }), side, side);
}

/** @param pixels interleaved R G B, 0..255 */
function tensorOf(pixels: Float64Array, width: number, height: number) {
  const data = new Float32Array(pixels.length);
  const plane = width * height;
  for (let i = 0; i < pixels.length; i++) {
    data[(i % 3) * plane + Math.floor(i / 3)] = (pixels[i] - 127.5) * 0.0078125;
  }
  return { data, dims: [1, 3, height, width] };
}

/** Five x, then five y, as shares of the box that O-Net was shown. */
function placed(shares: Float32Array, [x1, y1, x2, y2]: Corners): Point[] {
  return [0, 1, 2, 3, 4].map((i) => ({
    x: (x2 - x1 + 1) * shares[i] + x1 - 1,
    y: (y2 - y1 + 1) * shares[5 + i] + y1 - 1,
  }));
}

function halfToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest === 0.5) return below % 2 === 0 ? below : below + 1;
  return rest < 0.5 ? below : below + 1;
}
