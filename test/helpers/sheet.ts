import type { Point } from '../../src/faces/image/box.js';
import { type Point3, projected, RESTING, turned } from './head.js';

/** A photo on paper before the camera. */
export interface Sheet {
  readonly tiltX: number;
  readonly tiltY: number;
  readonly roll: number;
  readonly x: number;
  readonly y: number;
  readonly scale: number;
  /** 1 / radius of the cylinder that the sheet is bent to, in eye distances; 0 is flat. */
  readonly bent: number;
  readonly axis: 'upright' | 'level';
}

/** Where a point of a photo on paper is seen; `z` grows towards the camera. */
export function onSheet(point: Point, sheet: Sheet): Point3 {
  const turn = { ...RESTING, yaw: sheet.tiltX, pitch: sheet.tiltY, roll: sheet.roll, scale: sheet.scale };
  const held = turned(bend(point, sheet), turn);
  const { x, y } = projected(held);
  return { x: x + sheet.x, y: y + sheet.y, z: held.z };
}

function bend({ x, y }: Point, { bent, axis }: Sheet): Point3 {
  if (bent === 0) return { x, y, z: 0.2 };
  const [along, z] = [(v: number) => Math.sin(v * bent) / bent, (v: number) => (Math.cos(v * bent) - 1) / bent + 0.2];
  return axis === 'upright' ? { x: along(x), y, z: z(x) } : { x, y: along(y - 0.6) + 0.6, z: z(y - 0.6) };
}

export const FLAT_SHEET: Sheet = { tiltX: 0, tiltY: 0, roll: 0, x: 0, y: 0, scale: 1, bent: 0, axis: 'upright' };
