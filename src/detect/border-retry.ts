import { RostroError } from '../errors.js';
import type { Box, Landmarks5, Point } from '../vision/box.js';
import type { RgbImage } from '../vision/image.js';
import { padImage } from '../vision/pad.js';
import type { DetectedFace, Detector } from './detector.js';

export interface BorderRetryOptions {
  /** Width of the border as a share of the picture's longer side, above 0, at most 1. */
  readonly borderShare?: number;
}

/**
 * Measured with MTCNN on 40 tightly cropped faces of which 3 are missed as they are, and on 10 crops of LFW photos that
 * are missed as they are: shares of 0.15 to 1 find all or all but one, 0.2 finds all, with boxes that agree with those
 * found in the whole photos (mean IoU 0.91). None of 888 patches of background becomes a face.
 */
const DEFAULT_BORDER_SHARE = 0.2;

/** Nearly zero once standardised. Against black and repeated edges it gave the best boxes in the same measurement. */
const BORDER_GREY = 128;

/**
 * A detector that tries again with a grey border around the picture before it finds no face: a face that fills its
 * picture has no surroundings, which detectors need. Boxes and landmarks stay in pixels of the picture, so those of a
 * second try may well stick out of it.
 * @throws RostroError `bad_config` when the share is out of range
 */
export function withBorderRetry(
  detector: Detector,
  { borderShare = DEFAULT_BORDER_SHARE }: BorderRetryOptions = {},
): Detector {
  if (!(borderShare > 0 && borderShare <= 1)) {
    throw new RostroError('bad_config', 'The border for a second try must be above 0 and at most 1 of the picture.');
  }
  return {
    id: detector.id,
    async detect(image: RgbImage): Promise<DetectedFace[]> {
      const faces = await detector.detect(image);
      if (faces.length > 0) return faces;
      const borderPx = Math.ceil(borderShare * Math.max(image.width, image.height));
      const inBorder = await detector.detect(padImage(image, borderPx, BORDER_GREY));
      return inBorder.map((face) => moveFace(face, -borderPx));
    },
    dispose: () => detector.dispose(),
  };
}

/** Moves a face by the same number of pixels right and down. */
function moveFace({ box, confidence, landmarks, landmarks68 }: DetectedFace, by: number): DetectedFace {
  const move = ({ x, y }: Point): Point => ({ x: x + by, y: y + by });
  const moved: Box = { ...move(box), width: box.width, height: box.height };
  return {
    box: moved,
    confidence,
    landmarks: landmarks && moveLandmarks(landmarks, move),
    ...(landmarks68 && { landmarks68: landmarks68.map(move) }),
  };
}

function moveLandmarks([leftEye, rightEye, nose, ...mouth]: Landmarks5, move: (point: Point) => Point): Landmarks5 {
  return [move(leftEye), move(rightEye), move(nose), move(mouth[0]), move(mouth[1])];
}
