import type { Box } from '../faces/image/box.js';

/** `120,80 64×70`: left, top, width and height in whole pixels. */
export function formatBox({ x, y, width, height }: Box): string {
  return `${Math.round(x)},${Math.round(y)} ${Math.round(width)}×${Math.round(height)}`;
}

export function formatNumber(value: number | null): string {
  return value === null ? '–' : value.toFixed(3);
}
