import { distance } from './format.js';

/**
 * @import { CalibrationReport } from '/client/index.js'
 * @import { Translate } from '../i18n.js'
 */

const SVG = 'http://www.w3.org/2000/svg';
const HEIGHT = 320;
/** Space for the labels of the thresholds above and of the axis below. */
const TOP = 44;
const BOTTOM = 40;
const SIDE = 16;
const FLOOR = HEIGHT - BOTTOM;
const LABEL_HEIGHT = 18;
/** Width of a tick's label with its margins, pixels. */
const TICK_WIDTH = 60;
const STEPS = [0.02, 0.05, 0.1, 0.2, 0.5];

/**
 * The two histograms above each other, each scaled to its largest bin, with the thresholds.
 * @param {CalibrationReport} calibration
 * @param {Translate} t
 * @param {number} width displayed width in pixels, so that the text has the page's size
 * @returns {SVGSVGElement}
 */
export function chart({ histogram, current, recommended }, t, width) {
  const top = Math.max(histogram.edges[histogram.edges.length - 1], current.threshold);
  const xOf = (/** @type {number} */ value) => SIDE + (value / top) * (width - 2 * SIDE);
  const svg = element('svg', { class: 'chart', viewBox: `0 0 ${width} ${HEIGHT}`, role: 'img' });
  svg.setAttribute('aria-label', description({ histogram, current }, t));
  svg.append(
    bars(histogram.impostor, histogram.edges, xOf, 'stranger'),
    bars(histogram.genuine, histogram.edges, xOf, 'own'),
    ...axis(top, xOf, t),
    ...mark(current.threshold, top, xOf, 1, 'mark current', t('calibration.mark.current', text(current.threshold))),
  );
  if (recommended) {
    const label = t('calibration.mark.recommended', text(recommended.threshold));
    svg.append(...mark(recommended.threshold, top, xOf, 2, 'mark', label));
  }
  return /** @type {SVGSVGElement} */ (svg);
}

/** @param {number} threshold */
function text(threshold) {
  return { threshold: distance(threshold) };
}

/**
 * @param {number[]} counts
 * @param {number[]} edges
 * @param {(value: number) => number} xOf
 * @param {string} name
 */
function bars(counts, edges, xOf, name) {
  const most = Math.max(1, ...counts);
  const points = counts.flatMap((count, i) => {
    const y = FLOOR - (count / most) * (FLOOR - TOP);
    return [`${xOf(edges[i])},${y}`, `${xOf(edges[i + 1])},${y}`];
  });
  const first = `${xOf(edges[0])},${FLOOR}`;
  const last = `${xOf(edges[edges.length - 1])},${FLOOR}`;
  return element('polygon', { class: name, points: [first, ...points, last].join(' ') });
}

/** @param {number} top @param {(value: number) => number} xOf @param {Translate} t */
function axis(top, xOf, t) {
  const end = xOf(top);
  const step = STEPS.find((size) => ((end - SIDE) * size) / top >= TICK_WIDTH) ?? 1;
  const ticks = Array.from({ length: Math.floor(top / step) + 1 }, (_, i) => i * step);
  const labels = ticks.map((value) =>
    label(distance(Number(value.toFixed(2))), { x: xOf(value), y: FLOOR + LABEL_HEIGHT, 'text-anchor': 'middle' }),
  );
  const line = element('line', { class: 'axis', x1: SIDE, x2: end, y1: FLOOR, y2: FLOOR });
  const title = label(t('calibration.axis'), { x: (SIDE + end) / 2, y: HEIGHT - 4, 'text-anchor': 'middle' });
  return [line, ...labels, title];
}

/**
 * @param {number} threshold
 * @param {number} top the largest distance on the axis
 * @param {(value: number) => number} xOf
 * @param {number} row row of the label, from 1
 * @param {string} name
 * @param {string} words
 */
function mark(threshold, top, xOf, row, name, words) {
  const x = xOf(threshold);
  const y = row * LABEL_HEIGHT;
  const onTheLeft = threshold > top / 2;
  return [
    element('line', { class: name, x1: x, x2: x, y1: y - 12, y2: FLOOR }),
    label(words, {
      class: 'mark-label',
      x: onTheLeft ? x - 6 : x + 6,
      y,
      'text-anchor': onTheLeft ? 'end' : 'start',
    }),
  ];
}

/** @param {string} words @param {Record<string, string | number>} attributes */
function label(words, attributes) {
  const node = element('text', attributes);
  node.textContent = words;
  return node;
}

/** @param {string} name @param {Record<string, string | number>} attributes */
function element(name, attributes) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
  return node;
}

/** @param {Pick<CalibrationReport, 'histogram' | 'current'>} figures @param {Translate} t */
function description({ histogram: { edges, genuine, impostor }, current }, t) {
  const own = middle(genuine, edges);
  const stranger = middle(impostor, edges);
  return t('calibration.chart.label', {
    ownFrom: distance(own[0]),
    ownTo: distance(own[1]),
    strangerFrom: distance(stranger[0]),
    strangerTo: distance(stranger[1]),
    threshold: distance(current.threshold),
  });
}

/** The edges between which the middle 90 % lie. @param {number[]} counts @param {number[]} edges */
function middle(counts, edges) {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let seen = 0;
  let [from, to] = [edges[0], edges[edges.length - 1]];
  counts.forEach((count, i) => {
    if (seen < 0.05 * total && seen + count >= 0.05 * total) from = edges[i];
    if (seen < 0.95 * total && seen + count >= 0.95 * total) to = edges[i + 1];
    seen += count;
  });
  return [from, to];
}
