import type { Box } from './box.js';
import type { RgbImage } from './image.js';

/** Cells on a side: coarse enough that a face that moves within its box stays itself. */
const CELLS = 12;
/** Points that are looked at on each side of a cell. */
const POINTS = 3;

/** A face as 12 × 12 greys with mean 0 and length 1, row by row: what is compared from frame to frame. */
export type Appearance = Float32Array;

/** @param box pixels of the image; what sticks out shows the nearest edge */
export function appearanceOf(image: RgbImage, box: Box): Appearance {
  const cells = cellGreys(image, box, CELLS, CELLS, POINTS);
  const mean = cells.reduce((sum, grey) => sum + grey, 0) / cells.length;
  const length = Math.hypot(...cells.map((grey) => grey - mean)) || 1;
  return cells.map((grey) => (grey - mean) / length);
}

/** How alike two faces look, whatever the light: the correlation of their greys, -1 to 1. */
export function likeness(a: Appearance, b: Appearance): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}

/**
 * Mean greys of the cells of a grid over a part of the picture, each from a few of its pixels.
 * @returns columns × rows values, 0..255, row by row
 */
export function cellGreys(
  { width, height, data }: RgbImage,
  box: Box,
  columns: number,
  rows: number,
  points: number,
): Float32Array {
  const greys = new Float32Array(columns * rows);
  for (let row = 0; row < rows * points; row++) {
    const y = clamp(Math.floor(box.y + ((row + 0.5) / (rows * points)) * box.height), height - 1);
    for (let column = 0; column < columns * points; column++) {
      const x = clamp(Math.floor(box.x + ((column + 0.5) / (columns * points)) * box.width), width - 1);
      const at = 3 * (y * width + x);
      const grey = (data[at] + 2 * data[at + 1] + data[at + 2]) / 4;
      greys[Math.floor(row / points) * columns + Math.floor(column / points)] += grey / points ** 2;
    }
  }
  return greys;
}

function clamp(value: number, max: number): number {
  return Math.min(Math.max(value, 0), max);
}

const COLUMNS = 16;
const ROWS = 12;
const SCENE_POINTS = 4;
/** Grey levels: the noise of a webcam stays far below, a person before a wall goes far beyond. */
const CHANGED_BY = 20;

/** What a camera looks at, as 16 × 12 greys, 0..255, row by row. */
export type Scene = Float32Array;

export function sceneOf(image: RgbImage): Scene {
  return cellGreys(image, { x: 0, y: 0, width: image.width, height: image.height }, COLUMNS, ROWS, SCENE_POINTS);
}

/** The share of the picture that has changed between two looks, 0..1. */
export function changedShare(before: Scene, now: Scene): number {
  return now.filter((grey, i) => Math.abs(grey - before[i]) > CHANGED_BY).length / now.length;
}
