import type { Box } from './box.js';

/** How much of the picture around a face box a crop takes. */
export type Margin =
  /** A share of the box's own width and height, both sides together: 0.38 adds 19 % on each side. */
  | { readonly share: number }
  /** Pixels of the photo, both sides together, whatever the size of the face: what the original system did (44). */
  | { readonly px: number };

/** The box grown by the margin and cut at the edges of a width × height picture, as facenet's alignment does. */
export function withMargin(box: Box, margin: Margin, width: number, height: number): Box {
  const growX = 'px' in margin ? margin.px / 2 : (margin.share * box.width) / 2;
  const growY = 'px' in margin ? margin.px / 2 : (margin.share * box.height) / 2;
  const left = Math.max(0, box.x - growX);
  const top = Math.max(0, box.y - growY);
  const right = Math.min(width, box.x + box.width + growX);
  const bottom = Math.min(height, box.y + box.height + growY);
  return { x: left, y: top, width: Math.max(1, right - left), height: Math.max(1, bottom - top) };
}
