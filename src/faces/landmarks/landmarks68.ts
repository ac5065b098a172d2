import type { Engine, Session } from '../../engine/engine.js';
import { cachedFaceApiModel } from '../../models/convert/face-api/convert.js';
import { LANDMARKS_INPUT_SIZE_PX } from '../../models/convert/face-api/landmarks68.js';
import { resizeSquare } from '../image/bilinear.js';
import { type Box, clipToImage, type Landmarks5, type PixelRect, type Point } from '../image/box.js';
import type { RgbImage } from '../image/image.js';

/** Finds the 68 iBUG points in faces with known boxes. */
export interface LandmarkDetector68 {
  /** Hash of the weights, for contract ids. */
  readonly contentHash: string;
  /**
   * @param boxes in pixels of `image`; they are clipped to it
   * @returns 68 points per box, in the order of `boxes`, in pixels of `image`
   */
  locate(image: RgbImage, boxes: readonly Box[]): Promise<Point[][]>;
  dispose(): Promise<void>;
}

/**
 * face-api's FaceLandmark68Net.
 * @param modelDir the folder `model` of the package @vladmandic/face-api
 * @throws RostroError `model_missing`, `bad_model_file`
 */
export async function loadLandmarks68(engine: Engine, modelDir: string, cacheDir: string): Promise<LandmarkDetector68> {
  const { path, contentHash } = await cachedFaceApiModel('landmarks68', modelDir, cacheDir);
  const session = await engine.load(path);
  return {
    contentHash,
    async locate(image, boxes) {
      const crops = boxes.map((box) => clipToImage(box, image));
      const pixels = cutCrops(image, crops, LANDMARKS_INPUT_SIZE_PX);
      const outputs = await runOnCrops(session, pixels, LANDMARKS_INPUT_SIZE_PX);
      return outputs.map((fractions, i) => pointsInImage(fractions, crops[i], boxes[i]));
    },
    dispose: () => session.dispose(),
  };
}

/**
 * Converts fractions of the padded square to pixels of the image. Ports `FaceLandmark68NetBase.postProcess` and
 * `extendWithFaceLandmarks` of @vladmandic/face-api: points are relative to the unclipped, fractional corner of the
 * box, although the crop starts at the clipped whole pixel.
 */
function pointsInImage(fractions: Float32Array, crop: PixelRect, box: Box): Point[] {
  const side = Math.max(crop.width, crop.height);
  const padX = (side - crop.width) / 2;
  const padY = (side - crop.height) / 2;
  return Array.from({ length: fractions.length / 2 }, (_, i) => ({
    x: box.x + fractions[2 * i] * side - padX,
    y: box.y + fractions[2 * i + 1] * side - padY,
  }));
}

/** Limits the memory of one run; larger batches are not faster on a CPU. */
const BATCH = 16;

/** @returns the crops one after another, each centred on a black square, as R G B planes (CHW), 0..255 */
export function cutCrops(image: RgbImage, rects: readonly PixelRect[], sizePx: number): Float32Array {
  const stride = 3 * sizePx * sizePx;
  const crops = new Float32Array(rects.length * stride);
  rects.forEach((rect, i) => {
    resizeSquare(image, rect, 'centre', sizePx, crops, i * stride);
  });
  return crops;
}

/**
 * Runs a network on the crops of {@link cutCrops}.
 * @param session one input [N, 3, sizePx, sizePx], R G B, 0..255, and one output [N, values]
 * @returns the output values of each crop, in order
 */
export async function runOnCrops(session: Session, crops: Float32Array, sizePx: number): Promise<Float32Array[]> {
  const results: Float32Array[] = [];
  const stride = 3 * sizePx * sizePx;
  for (let from = 0; from < crops.length; from += BATCH * stride) {
    const batch = crops.subarray(from, from + BATCH * stride);
    const feeds = { [session.inputs[0]]: { data: batch, dims: [batch.length / stride, 3, sizePx, sizePx] } };
    const { data, dims } = (await session.run(feeds))[session.outputs[0]];
    for (let i = 0; i < dims[0]; i++) results.push(data.slice(i * dims[1], (i + 1) * dims[1]));
  }
  return results;
}

/**
 * The parts of a face among the 68 points of the iBUG 300-W scheme, as [first, one past last], 0-based. Source:
 * https://ibug.doc.ic.ac.uk/resources/facial-point-annotations/ (which counts from 1).
 */
const LEFT_EYE = [36, 42] as const;
const RIGHT_EYE = [42, 48] as const;
const MOUTH = [48, 68] as const;
const NOSE_TIP = 30;
const LEFT_MOUTH_CORNER = 48;
const RIGHT_MOUTH_CORNER = 54;

/**
 * The eye centres, the tip of the nose and the mouth corners.
 * @param points 68 points in iBUG order
 */
export function landmarks5From68(points: readonly Point[]): Landmarks5 {
  const { leftEye, rightEye } = centresOf68(points);
  return [leftEye, rightEye, points[NOSE_TIP], points[LEFT_MOUTH_CORNER], points[RIGHT_MOUTH_CORNER]];
}

/** The means of the points of each eye and of the mouth. */
export function centresOf68(points: readonly Point[]): { leftEye: Point; rightEye: Point; mouth: Point } {
  return {
    leftEye: mean(points.slice(...LEFT_EYE)),
    rightEye: mean(points.slice(...RIGHT_EYE)),
    mouth: mean(points.slice(...MOUTH)),
  };
}

/** @param points at least one */
export function mean(points: readonly Point[]): Point {
  const sum = points.reduce((total, point) => ({ x: total.x + point.x, y: total.y + point.y }));
  return { x: sum.x / points.length, y: sum.y / points.length };
}
