import type { Box, Point } from '../image/box.js';
import { centresOf68, mean } from './ibug68.js';

/**
 * Where the middle of eyes and mouth lies in an aligned face, as fractions of its side, and the distance from eyes to
 * mouth in the same unit. Source: @vladmandic/face-api, src/classes/FaceLandmarks.ts (relX, relY, relScale).
 */
const MIDDLE_X = 0.5;
const MIDDLE_Y = 0.43;
const EYES_TO_MOUTH = 0.45;

/**
 * The square around an aligned face that face-api's descriptor is computed from, upright, in whole pixels.
 * Ports `FaceLandmarks.alignDlib` of @vladmandic/face-api: the square starts inside the image, and near the left or upper
 * border its size is bounded by that of the detected face.
 *
 * @param points 68 points in the iBUG order, pixels of the image
 * @param face size in pixels of the crop that the points were found in
 * @returns may stick out of the image to the right and below
 */
export function alignedBox(points: readonly Point[], face: { readonly width: number; readonly height: number }): Box {
  const { leftEye, rightEye, mouth } = centresOf68(points);
  const distance = (eye: Point) => Math.hypot(mouth.x - eye.x, mouth.y - eye.y);
  const size = Math.floor((distance(leftEye) + distance(rightEye)) / 2 / EYES_TO_MOUTH);
  const middle = mean([leftEye, rightEye, mouth]);
  const x = Math.floor(Math.max(0, middle.x - MIDDLE_X * size));
  const y = Math.floor(Math.max(0, middle.y - MIDDLE_Y * size));
  return { x, y, width: Math.min(size, face.width + x), height: Math.min(size, face.height + y) };
}
