/**
 * @import { Box, ImageSize } from '/client/index.js'
 * @import { RelativeBox } from './types.js'
 */

/** A box of an answer, in parts of the picture: it then fits the picture at any size. @param {Box} box pixels @param {ImageSize} image @returns {RelativeBox} */
export function relativeBox({ x, y, width, height }, image) {
  return { x: x / image.width, y: y / image.height, width: width / image.width, height: height / image.height };
}

/** Intersection over union of two boxes, 0..1, in pixels or in shares of the picture. @param {RelativeBox} a @param {RelativeBox} b */
export function overlap(a, b) {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  return shared / (a.width * a.height + b.width * b.height - shared);
}

/** @param {RelativeBox} box @param {number} x @param {number} y */
export function contains(box, x, y) {
  return x >= box.x && x <= box.x + box.width && y >= box.y && y <= box.y + box.height;
}
