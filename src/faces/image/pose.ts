import type { Landmarks5, Point } from './box.js';

/** How a head is turned, degrees; 0, 0, 0 looks into the camera. */
export interface Pose {
  /** To the side: positive when the nose points to the right of the photo. */
  readonly yaw: number;
  /** Up or down: positive when the nose points up. */
  readonly pitch: number;
  /** In the plane of the photo: positive when the head leans clockwise. */
  readonly roll: number;
}

/**
 * How far the tip of the nose stands out before the plane of eyes and mouth, in distances of the eyes: 27 mm of 64 mm.
 * Source: the generic head of OpenCV's head pose tutorials (nose 130 before eyes and mouth, outer corners of the eyes
 * 450 apart), with outer corners 1.47 times as far apart as the middles of the eyes.
 */
const NOSE_DEPTH = 0.42;
/** From the eyes to the mouth in distances of the eyes: the median over 795 faces of LFW seen from the front, by MTCNN. */
const EYES_TO_MOUTH = 1.08;
/** Where the tip of the nose lies between eyes (0) and mouth (1) of an upright head: the median of the same faces. */
const NOSE_HEIGHT = 0.54;

/**
 * Estimates the pose from the five landmarks, for a far camera and an average head: good to some ten degrees, which
 * tells a profile from a portrait.
 * @returns null where the points are no face: both eyes in one place, or the mouth not under them
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
