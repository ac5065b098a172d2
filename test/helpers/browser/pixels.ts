import type { Locator } from 'playwright-core';

interface Canvas {
  getContext(kind: '2d'): { getImageData(x: number, y: number, width: number, height: number): { data: Uint8Array } };
}

/** Red, green, blue and alpha of one pixel of a canvas, 0..255. */
export function pixelOf(canvas: Locator, x: number, y: number): Promise<number[]> {
  return canvas.evaluate(
    (element, point) => [...(element as unknown as Canvas).getContext('2d').getImageData(point.x, point.y, 1, 1).data],
    { x, y },
  );
}

/** Natural width of an image; 0 if it is not or cannot be loaded. */
export function naturalWidth(picture: Locator): Promise<number> {
  return picture.evaluate((element) => (element as unknown as { naturalWidth: number }).naturalWidth);
}
