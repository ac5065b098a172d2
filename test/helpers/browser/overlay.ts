import type { Page } from 'playwright-core';
import { CAMERA } from './fake-camera.js';
import { faceNamed } from './live.js';

/** A face's box from the page, in pixels of the camera's picture. */
export async function boxOf(page: Page, name: string) {
  const parts = (await faceNamed(page, name).getAttribute('data-box'))?.split(' ').map(Number) ?? [];
  const [x, y, width, height] = parts.map((part, i) => part * (i % 2 === 0 ? CAMERA.width : CAMERA.height));
  return { x, y, width, height };
}

/** How opaque the overlay is at points of the camera's picture, 0..255: the most within a few pixels around. */
export function ink(page: Page, points: readonly { x: number; y: number }[]): Promise<number[]> {
  return page.locator('#stage canvas').evaluate(
    (element, { points: places, width, height }) => {
      const canvas = element as HTMLCanvasElement;
      const context = canvas.getContext('2d')!;
      return places.map(({ x, y }) => {
        const left = Math.round((x / width) * canvas.width) - 4;
        const top = Math.round((y / height) * canvas.height) - 4;
        const { data } = context.getImageData(left, top, 9, 9);
        return Math.max(...data.filter((_, i) => i % 4 === 3));
      });
    },
    { points, ...CAMERA },
  );
}

/** Whether the overlay is empty. */
export const isBlank = (page: Page) =>
  page.locator('#stage canvas').evaluate((element) => {
    const canvas = element as HTMLCanvasElement;
    return canvas
      .getContext('2d')!
      .getImageData(0, 0, canvas.width, canvas.height)
      .data.every((value) => value === 0);
  });
