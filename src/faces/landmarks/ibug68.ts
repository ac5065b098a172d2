import type { Landmarks5, Point } from '../image/box.js';

/**
 * The parts of a face among the 68 points of the iBUG 300-W scheme, as [first, one past last], 0-based.
 * Source: https://ibug.doc.ic.ac.uk/resources/facial-point-annotations/ (which counts from 1).
 */
const LEFT_EYE = [36, 42] as const;
const RIGHT_EYE = [42, 48] as const;
const MOUTH = [48, 68] as const;
const NOSE_TIP = 30;
const LEFT_MOUTH_CORNER = 48;
const RIGHT_MOUTH_CORNER = 54;

/**
 * The centres of both eyes, the tip of the nose and the corners of the mouth.
 * @param points 68 points in the iBUG order
 */
export function fiveOf68(points: readonly Point[]): Landmarks5 {
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
