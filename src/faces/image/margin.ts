import type { Box } from './box.js';

/** How much of the picture around a face box a crop takes. */
export type Margin =
  /** A share of the box's longer side, both sides together: 0.28 adds 14 % on each side of the square around it. */
  | { readonly share: number }
  /** Pixels of the photo, both sides together, whatever the size of the face: what the original system did (44). */
  | { readonly px: number };

/**
 * What FaceNet looks at around a face box, cut at the edges of a width × height picture as facenet's alignment does. A
 * share grows the square around the box, pixels grow the box itself, as the original did; the network's square input
 * stretches what is not square. Square is the default because it measured better (BENCHMARKS.md, `crops`).
 */
export function withMargin(box: Box, margin: Margin, width: number, height: number): Box {
  const core = 'px' in margin ? box : squareAround(box);
  const grow = ('px' in margin ? margin.px : margin.share * core.width) / 2;
  const left = Math.max(0, core.x - grow);
  const top = Math.max(0, core.y - grow);
  const right = Math.min(width, core.x + core.width + grow);
  const bottom = Math.min(height, core.y + core.height + grow);
  return { x: left, y: top, width: Math.max(1, right - left), height: Math.max(1, bottom - top) };
}

function squareAround({ x, y, width, height }: Box): Box {
  const side = Math.max(width, height);
  return { x: x + (width - side) / 2, y: y + (height - side) / 2, width: side, height: side };
}
