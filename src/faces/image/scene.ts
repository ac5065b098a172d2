import { cellGreys } from './appearance.js';
import type { RgbImage } from './image.js';

const COLUMNS = 16;
const ROWS = 12;
const POINTS = 4;
/** Grey levels: the noise of a webcam stays far below, a person before a wall goes far beyond. */
const CHANGED_BY = 20;

/** What a camera looks at, as 16 × 12 greys, 0..255, row by row. */
export type Scene = Float32Array;

export function sceneOf(image: RgbImage): Scene {
  return cellGreys(image, { x: 0, y: 0, width: image.width, height: image.height }, COLUMNS, ROWS, POINTS);
}

/** The share of the picture that has changed between two looks, 0..1. */
export function changedShare(before: Scene, now: Scene): number {
  return now.filter((grey, i) => Math.abs(grey - before[i]) > CHANGED_BY).length / now.length;
}
