import type { Engine, Session } from '../../engine/engine.js';
import { cachedFaceApiModel } from '../../models/convert/face-api/convert.js';
import { SSD_INPUT_SIZE_PX } from '../../models/convert/face-api/ssd.js';
import { resizeSquare } from '../image/bilinear.js';
import { type Box, iou } from '../image/box.js';
import type { RgbImage } from '../image/image.js';
import { type LandmarkDetector68, landmarks5From68 } from '../landmarks/landmarks68.js';
import type { DetectedFace, Detector } from './detector.js';

export interface SsdOptions {
  /** Faces with a higher score are returned, 0..1. face-api's default is 0.5. */
  readonly minConfidence?: number;
  /** Maximum number of faces. face-api's default is 100. */
  readonly maxFaces?: number;
}

/** Pixels of the network's input. It found 23 of 48 faces of LFW 12 px wide, 39 of 16 px and 42 of 20 px. */
const SMALLEST_FACE_PX = 20;

/**
 * face-api's SSD MobileNet v1 face detector, with the preprocessing of @vladmandic/face-api
 * (src/ssdMobilenetv1/SsdMobilenetv1.ts): black padding on the right or below, bilinear resize to 512×512.
 *
 * @param landmarks when given, every face has 68 points and the five derived from them; the caller disposes of it
 * @param modelDir the folder `model` of the package @vladmandic/face-api
 * @throws RostroError `model_missing`, `bad_model_file`
 */
export async function loadSsd(
  engine: Engine,
  landmarks: LandmarkDetector68 | null,
  modelDir: string,
  cacheDir: string,
  { minConfidence = 0.5, maxFaces = 100 }: SsdOptions = {},
): Promise<Detector> {
  const { path } = await cachedFaceApiModel('ssd', modelDir, cacheDir);
  const session = await engine.load(path);
  return {
    id: 'ssd',
    mostFaces: maxFaces,
    smallestFacePx: ({ width, height }) => (SMALLEST_FACE_PX * Math.max(width, height)) / SSD_INPUT_SIZE_PX,
    async detect(image) {
      const { boxes, scores } = await runSsd(session, image);
      const found = suppress(boxes, scores, minConfidence, maxFaces).flatMap((face) => faceInImage(face, image));
      if (!landmarks) return found;
      const points = await landmarks.locate(
        image,
        found.map(({ box }) => box),
      );
      return found.map((face, i) => ({ ...face, landmarks: landmarks5From68(points[i]), landmarks68: points[i] }));
    },
    dispose: () => session.dispose(),
  };
}

/** @returns 5118 boxes (top, left, bottom, right as fractions of the padded square) and their scores */
async function runSsd(session: Session, image: RgbImage): Promise<{ boxes: Float32Array; scores: Float32Array }> {
  const size = SSD_INPUT_SIZE_PX;
  const pixels = new Float32Array(3 * size * size);
  resizeSquare(image, { x: 0, y: 0, width: image.width, height: image.height }, 'end', size, pixels);
  const { boxes, scores } = await session.run({ pixels: { data: pixels, dims: [1, 3, size, size] } });
  return { boxes: boxes.data, scores: scores.data };
}

/**
 * Converts fractions of the padded square to pixels of the image, clipped to the square as in face-api: a box may reach
 * into the padding. Unlike face-api, which throws, a box outside the image is ignored.
 */
function faceInImage({ box, score }: ScoredBox, image: RgbImage): DetectedFace[] {
  const { x: scaleX, y: scaleY } = squareSizePx(image);
  const left = Math.max(0, box.x) * scaleX;
  const top = Math.max(0, box.y) * scaleY;
  const right = Math.min(1, box.x + box.width) * scaleX;
  const bottom = Math.min(1, box.y + box.height) * scaleY;
  const isInside = left < Math.min(right, image.width) && top < Math.min(bottom, image.height);
  const inImage: Box = { x: left, y: top, width: right - left, height: bottom - top };
  return isInside ? [{ box: inImage, confidence: score, landmarks: null }] : [];
}

/**
 * The sides of the padded square in pixels of the image. face-api rounds the resized image to whole pixels
 * (src/utils/index.ts, `computeReshapedDimensions`), so positions on the shorter axis are off by a fraction of a
 * percent.
 */
function squareSizePx({ width, height }: RgbImage): { x: number; y: number } {
  const scale = SSD_INPUT_SIZE_PX / Math.max(width, height);
  const side = (length: number) => (length * SSD_INPUT_SIZE_PX) / Math.max(1, Math.round(length * scale));
  return { x: side(width), y: side(height) };
}

/** Source: @vladmandic/face-api, src/ssdMobilenetv1/SsdMobilenetv1.ts (`iouThreshold`). */
const MAX_OVERLAP = 0.5;

export interface ScoredBox {
  readonly box: Box;
  /** 0..1 */
  readonly score: number;
}

/**
 * Greedy non-maximum suppression: of boxes with an IoU above 0.5, only the best remains. Ports
 * src/ssdMobilenetv1/nonMaxSuppression.ts of @vladmandic/face-api.
 *
 * @param boxes top, left, bottom, right of each box, in any unit
 * @param scores one per box
 * @param minScore boxes with this score or less are dropped
 * @returns at most `maxBoxes`, in the unit of `boxes`, best first
 */
export function suppress(boxes: Float32Array, scores: Float32Array, minScore: number, maxBoxes: number): ScoredBox[] {
  const candidates: ScoredBox[] = [];
  for (let i = 0; i < scores.length; i++) {
    if (scores[i] > minScore) candidates.push({ box: boxAt(boxes, i), score: scores[i] });
  }
  candidates.sort((a, b) => b.score - a.score);

  const kept: ScoredBox[] = [];
  for (const candidate of candidates) {
    if (kept.length >= maxBoxes) break;
    if (kept.every(({ box }) => iou(box, candidate.box) <= MAX_OVERLAP)) kept.push(candidate);
  }
  return kept;
}

function boxAt(boxes: Float32Array, index: number): Box {
  const [top, left, bottom, right] = boxes.subarray(index * 4, index * 4 + 4);
  return { x: left, y: top, width: right - left, height: bottom - top };
}
