import type { Landmarks5, Point } from './box.js';

/** Head pose in degrees; 0, 0, 0 looks into the camera. */
export interface Pose {
  /** To the side: positive when the nose points to the right of the photo. */
  readonly yaw: number;
  /** Up or down: positive when the nose points up. */
  readonly pitch: number;
  /** In the plane of the photo: positive when the head leans clockwise. */
  readonly roll: number;
}

/**
 * Distance of the tip of the nose from the plane of eyes and mouth, in interocular distances: 27 mm of 64 mm. Source:
 * the generic head of OpenCV's head pose tutorials (nose 130 in front of eyes and mouth, outer corners of the eyes 450
 * apart), with the outer corners 1.47 times as far apart as the eye centres.
 */
export const NOSE_DEPTH = 0.42;
/** Distance from eyes to mouth, in interocular distances: the median of 795 frontal LFW faces, by MTCNN. */
const EYES_TO_MOUTH = 1.08;
/** Position of the tip of the nose between eyes (0) and mouth (1) of an upright head: the median of the same faces. */
const NOSE_HEIGHT = 0.54;

/**
 * Estimates the pose from the five landmarks, for a distant camera and an average head. Accurate to about ten degrees:
 * enough to tell profile from frontal.
 * @returns null for impossible landmarks: both eyes at one point, or the mouth not below them
 */
export function poseOf(landmarks: Landmarks5): Pose | null {
  const [leftEye, rightEye] = landmarks;
  const roll = Math.atan2(rightEye.y - leftEye.y, rightEye.x - leftEye.x);
  const [left, right, nose, mouthLeft, mouthRight] = landmarks.map((point) => rotate(point, -roll));
  const eyes = middle(left, right);
  const mouth = middle(mouthLeft, mouthRight);
  const eyeDistance = right.x - left.x;
  const faceHeight = mouth.y - eyes.y;
  if (!(eyeDistance > 0 && faceHeight > 0)) return null;
  const noseHeight = (nose.y - eyes.y) / faceHeight;
  const middleX = eyes.x + noseHeight * (mouth.x - eyes.x);
  return {
    yaw: degrees(Math.atan((nose.x - middleX) / eyeDistance / NOSE_DEPTH)),
    pitch: degrees(Math.atan(((NOSE_HEIGHT - noseHeight) * EYES_TO_MOUTH) / NOSE_DEPTH)),
    roll: degrees(roll),
  };
}

function rotate({ x, y }: Point, angle: number): Point {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return { x: x * cos - y * sin, y: x * sin + y * cos };
}

function middle(a: Point, b: Point): Point {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}

function degrees(radians: number): number {
  return (radians * 180) / Math.PI;
}
