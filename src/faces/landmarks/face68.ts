import { cachedFaceApi } from '../../models/convert/import/face-api/convert.js';
import { LANDMARKS_INPUT_SIZE_PX } from '../../models/convert/import/face-api/landmarks68.js';
import type { Engine } from '../../engine/engine.js';
import type { Box, Point } from '../image/box.js';
import { clipToImage, type PixelRect } from '../image/clip.js';
import type { RgbImage } from '../image/image.js';
import { cutCrops, runOnCrops } from './crop-batches.js';

/** Finds the 68 points of the iBUG scheme in faces whose boxes are known. */
export interface Face68 {
  /** Of the weights, for contract ids. */
  readonly contentHash: string;
  /**
   * @param boxes in pixels of `image`; the part that lies inside the image is looked at
   * @returns 68 points a box, in the order of `boxes`, in pixels of `image`
   */
  locate(image: RgbImage, boxes: readonly Box[]): Promise<Point[][]>;
  dispose(): Promise<void>;
}

/**
 * face-api's FaceLandmark68Net.
 * @param modelDir the folder `model` of the package @vladmandic/face-api
 * @throws RostroError `model_missing`, `bad_model_file`
 */
export async function loadFace68(engine: Engine, modelDir: string, cacheDir: string): Promise<Face68> {
  const { path, contentHash } = await cachedFaceApi('landmarks68', modelDir, cacheDir);
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
 * From fractions of the padded square to pixels of the image.
 * Ports `FaceLandmark68NetBase.postProcess` and `extendWithFaceLandmarks` of @vladmandic/face-api: points are moved by
 * the corner of the box as it was found, though the crop starts at the whole pixel before it (and inside the image).
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
