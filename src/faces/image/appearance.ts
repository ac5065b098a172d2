import type { Box } from './box.js';
import type { RgbImage } from './image.js';

/** Cells per side: coarse enough that a face that moves within its box keeps its appearance. */
const CELLS = 12;
/** Sampled points per side of a cell. */
const POINTS = 3;

/** A face as 12 × 12 grey values with mean 0 and length 1, row-major, for comparison between frames. */
export type Appearance = Float32Array;

/** @param box pixels of the image; parts outside the image repeat its nearest edge */
export function appearanceOf(image: RgbImage, box: Box): Appearance {
  const cells = cellGreys(image, box, CELLS, CELLS, POINTS);
  const mean = cells.reduce((sum, grey) => sum + grey, 0) / cells.length;
  const length = Math.hypot(...cells.map((grey) => grey - mean)) || 1;
  return cells.map((grey) => (grey - mean) / length);
}

/** Correlation of the grey values of two faces, -1..1; independent of brightness and contrast. */
export function similarity(a: Appearance, b: Appearance): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}

/**
 * Mean grey of each cell of a grid over a box, from `points` × `points` samples per cell.
 * @returns columns × rows values, 0..255, row-major
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
/** Grey levels: far above the noise of a webcam, far below a person in front of a wall. */
const CHANGED_BY = 20;

/** A camera image as 16 × 12 grey values, 0..255, row-major. */
export type Scene = Float32Array;

export function sceneOf(image: RgbImage): Scene {
  return cellGreys(image, { x: 0, y: 0, width: image.width, height: image.height }, COLUMNS, ROWS, SCENE_POINTS);
}

/** The share of cells that changed between two scenes, 0..1. */
export function changedShare(before: Scene, now: Scene): number {
  return now.filter((grey, i) => Math.abs(grey - before[i]) > CHANGED_BY).length / now.length;
}
