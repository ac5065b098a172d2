const SVG = 'http://www.w3.org/2000/svg';

/**
 * An icon of img/icons.svg in the size and colour of the surrounding text, hidden from screen readers.
 * @param {'upload' | 'camera' | 'pencil' | 'trash' | 'check' | 'cross' | 'alert' | 'photo' | 'person' | 'sun' | 'moon' | 'auto' | 'search' | 'scale' | 'chevron' | 'leave' | 'merge' | 'help' | 'menu'} name
 * @returns {SVGSVGElement}
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('viewBox', '0 0 24 24');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `img/icons.svg#${name}`);
  svg.append(use);
  return svg;
}
