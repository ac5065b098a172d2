/**
 * @import { SeenFace } from './types.js'
 * @typedef {NonNullable<SeenFace['live']>['verdict']} Verdict
 */

const SVG = 'http://www.w3.org/2000/svg';
const SHIELD = 'M12 2.500 4.500 5.200v6c0 4.800 3.100 8.300 7.500 10.300 4.400-2 7.500-5.500 7.500-10.300v-6L12 2.500Z';

/** Side of the square that the paths are drawn in. */
export const SHIELD_SIDE = 24;

/** A shield with a check mark, a cross or a question mark: path data, for strokes. @type {Record<Verdict, string>} */
export const SHIELDS = {
  live: `${SHIELD}M8.300 11.700l2.600 2.600 4.800-5.100`,
  spoof: `${SHIELD}M9.200 8.900l5.600 5.600M14.800 8.900l-5.600 5.600`,
  unsure: `${SHIELD}M9.900 9.300a2.200 2.200 0 1 1 3.300 1.900c-.8.500-1.200.9-1.200 1.700M12 16v.1`,
};

/** As an icon, hidden from screen readers. @param {Verdict} verdict @returns {SVGSVGElement} */
export function shieldIcon(verdict) {
  const svg = document.createElementNS(SVG, 'svg');
  const attributes = { fill: 'none', stroke: 'currentColor', 'stroke-width': '2', 'stroke-linecap': 'round' };
  const place = { class: 'icon', 'aria-hidden': 'true', viewBox: `0 0 ${SHIELD_SIDE} ${SHIELD_SIDE}` };
  for (const [name, value] of Object.entries({ ...attributes, ...place })) svg.setAttribute(name, value);
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', SHIELDS[verdict]);
  svg.append(path);
  return svg;
}
