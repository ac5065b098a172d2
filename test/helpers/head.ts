import type { Point } from '../../src/faces/image/box.js';

/** A point of a head: x to the right of the picture, y down, z towards the camera; unit: the distance of the eye centres. */
export interface Point3 {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/** How a head looks and where it is. */
export interface HeadState {
  /** Degrees: positive when the nose points to the right of the picture, or up. */
  readonly yaw: number;
  readonly pitch: number;
  readonly roll: number;
  /** 0 is open, 1 closed. */
  readonly eyesClosed: number;
  /** 0..1. */
  readonly smile: number;
  /** Size against the first frame. */
  readonly scale: number;
  /** In the unit of the head. */
  readonly x: number;
  readonly y: number;
}

export const RESTING: HeadState = { yaw: 0, pitch: 0, roll: 0, eyesClosed: 0, smile: 0, scale: 1, x: 0, y: 0 };

/** Distance from the camera, in eye distances: about 50 cm. */
export const DISTANCE = 8;

/** Half axes of the ellipsoid and its centre below the eyes. */
const [WIDE, HIGH, DEEP, CENTRE_Y] = [1.25, 1.7, 1.1, 0.45];
/** The axis that the head turns about: 0.7 behind the eyes. */
const AXIS_Z = 0.2;
const [NOSE_TOP, NOSE_TIP, NOSE_BOTTOM] = [0, 0.58, 0.78];

/**
 * A generic head: an ellipsoid with a nose. The tip of the nose is 0.42 in front of the plane of eyes and mouth, as in
 * OpenCV's head pose tutorials.
 * @returns height of the surface over the rim of the face; 0 outside the head
 */
export function depthAt(x: number, y: number): number {
  const rest = 1 - (x / WIDE) ** 2 - ((y - CENTRE_Y) / HIGH) ** 2;
  if (rest <= 0) return 0;
  const along = y < NOSE_TIP ? (y - NOSE_TOP) / (NOSE_TIP - NOSE_TOP) : (NOSE_BOTTOM - y) / (NOSE_BOTTOM - NOSE_TIP);
  const nose = 0.27 * Math.min(Math.max(along, 0), 1) * Math.exp(-((x / 0.17) ** 2));
  return DEEP * Math.sqrt(rest) + nose;
}

/** Moves lids and mouth corners of a face that is seen from the front. */
export function withExpression({ x, y }: Point, state: HeadState, eyes: readonly Eye[]): Point {
  let [movedX, movedY] = [x, y];
  for (const eye of eyes) movedY += lidShift(x, y, eye) * state.eyesClosed;
  for (const side of [-1, 1]) {
    const near = Math.exp(-(((x - side * 0.42) / 0.28) ** 2) - ((y - 1.08) / 0.25) ** 2);
    movedX += side * 0.13 * near * state.smile;
    movedY -= 0.12 * near * state.smile;
  }
  return { x: movedX, y: movedY };
}

export interface Eye {
  readonly x: number;
  readonly halfWidth: number;
  /** y of the lids in the middle of the eye. */
  readonly upper: number;
  readonly lower: number;
}

/** How far a closed upper lid moves a point down. */
function lidShift(x: number, y: number, { x: centre, halfWidth, upper, lower }: Eye): number {
  const across = (x - centre) / (1.25 * halfWidth);
  if (Math.abs(across) >= 1) return 0;
  const width = 1 - across ** 2;
  const height = lower - upper;
  const from = upper - 1.2 * height;
  if (y <= from || y >= lower) return 0;
  return width * (y < upper ? (height * (y - from)) / (upper - from) : lower - y);
}

/** Turns a point of a head and moves it before the camera. */
export function turned(point: Point3, { yaw, pitch, roll, x, y, scale }: HeadState): Point3 {
  const [a, b, c] = [yaw, pitch, roll].map((angle) => (angle * Math.PI) / 180);
  const z0 = point.z - AXIS_Z;
  const y0 = point.y - CENTRE_Y;
  const [x1, z1] = [point.x * Math.cos(a) + z0 * Math.sin(a), z0 * Math.cos(a) - point.x * Math.sin(a)];
  const [y2, z2] = [y0 * Math.cos(b) - z1 * Math.sin(b), z1 * Math.cos(b) + y0 * Math.sin(b)];
  const [x3, y3] = [x1 * Math.cos(c) - y2 * Math.sin(c), x1 * Math.sin(c) + y2 * Math.cos(c)];
  return { x: x3 + x, y: y3 + y + CENTRE_Y, z: z2 - (DISTANCE / scale - DISTANCE) };
}

/** Where a camera at {@link DISTANCE} sees a point, in the unit of the head. */
export function projected({ x, y, z }: Point3): Point {
  const factor = DISTANCE / (DISTANCE - z);
  return { x: x * factor, y: y * factor };
}
