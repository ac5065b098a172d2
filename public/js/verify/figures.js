const SVG = 'http://www.w3.org/2000/svg';

/** Drawn for a picture that is shown as in a mirror: the person's left is on the left. @type {Record<string, string>} */
const PATHS = {
  turn_left: 'M21 12H4M11 5l-7 7 7 7',
  turn_right: 'M3 12h17M13 5l7 7-7 7',
  look_up: 'M12 21V4M5 11l7-7 7 7',
  look_down: 'M12 3v17M5 13l7 7 7-7',
  look_ahead: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M12 11.500a.5.5 0 1 0 0 1 .5.5 0 0 0 0-1',
  blink: 'M2.500 11c2.500 3.500 6 5 9.500 5s7-1.500 9.500-5M6 15l-1.500 2.500M12 16v3M18 15l1.500 2.500',
  smile:
    'M12 2.500a9.500 9.500 0 1 0 0 19 9.500 9.500 0 0 0 0-19M8.500 9v.5M15.500 9v.5M7.500 14c1.200 2 2.700 3 4.500 3s3.300-1 4.500-3',
  come_closer: 'M3 8V3h5M16 3h5v5M21 16v5h-5M8 21H3v-5M12 8.500a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7',
  passed: 'm4 12.500 5.500 5.500L20 6.500',
  failed: 'm5 5 14 14M19 5 5 19',
};

/** A large drawing of an action or of the end. @param {string} name */
export function figure(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', PATHS[name] ?? '');
  svg.append(path);
  return svg;
}
