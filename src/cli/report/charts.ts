import type { Histogram, RocPoint } from '../../shared/statistics/metrics.js';

/** Lower end of the axis of false-accept rates; rates of zero are drawn there. */
const LEAST_FAR = 1e-4;
const DECADES = -Math.log10(LEAST_FAR);

const FAR_AXIS: Axis = {
  label: 'false-accept rate (impostor pairs accepted)',
  ticks: [1e-4, 1e-3, 1e-2, 1e-1, 1].map((far) => [far, far === LEAST_FAR ? '0' : String(far)]),
  share: (far) => 1 + Math.log10(Math.max(far, LEAST_FAR)) / DECADES,
};

/** ROC curve with a logarithmic axis for the false-accept rate. */
export function rocChart(roc: readonly RocPoint[]): string {
  const lowest = Math.floor(10 * Math.min(0.9, 1 - firstAtZero(roc).frr)) / 10;
  const ticks = Array.from({ length: Math.round((1 - lowest) * 10) + 1 }, (_, i): [number, string] => {
    const value = lowest + i / 10;
    return [value, value.toFixed(1)];
  });
  const share = (rate: number) => Math.max(0, (rate - lowest) / (1 - lowest));
  const valAxis: Axis = { label: 'genuine pairs accepted', ticks, share };
  return chart('ROC: genuine pairs accepted over false-accept rate', FAR_AXIS, valAxis, (frame) => steps(roc, frame));
}

/** The last point without a false accept, where the curve leaves the left edge. */
function firstAtZero(roc: readonly RocPoint[]): RocPoint {
  return roc.reduce((last, point) => (point.far === 0 ? point : last));
}

function steps(roc: readonly RocPoint[], { x, y }: Frame): string {
  return curve(roc.map(({ far, frr }) => [x(far), y(1 - frr)]));
}

/** One kind of error on an axis of a DET curve. */
export interface ErrorAxis {
  readonly label: string;
  /** Number of cases behind a rate. */
  readonly cases: number;
}

type ErrorRates = readonly [x: number, y: number];

/**
 * DET curve: both axes are logarithmic down to the first power of ten that the cases cannot show.
 * @param marked points to mark, such as that of the threshold in force
 */
export function detChart(
  title: string,
  [xAxis, yAxis]: readonly [x: ErrorAxis, y: ErrorAxis],
  det: readonly ErrorRates[],
  marked: readonly ErrorRates[],
): string {
  return chart(title, logAxis(xAxis), logAxis(yAxis), (frame) => {
    const place = ([x, y]: ErrorRates): ErrorRates => [frame.x(x), frame.y(y)];
    const marks = marked.map(place).map(([x, y]) => `<circle class="mark" cx="${x}" cy="${y}" r="4"/>`);
    return [curve(det.map(place)), ...marks].join('\n');
  });
}

/** From under 1 / cases, where a rate of zero is drawn, to 1. */
function logAxis({ label, cases }: ErrorAxis): Axis {
  const decades = 1 + Math.floor(Math.log10(cases));
  const ticks = Array.from({ length: decades + 1 }, (_, i): [number, string] => {
    const rate = 10 ** -i;
    return [rate, i === decades ? '0' : rate.toFixed(i)];
  });
  return { label, ticks, share: (rate) => 1 + Math.log10(Math.max(rate, 10 ** -decades)) / decades };
}

/** Keeps one point per position on the axis: a large sample has thousands of points. */
function curve(points: readonly (readonly [x: number, y: number])[]): string {
  let path = '';
  let before = '';
  for (const [x, y] of points) {
    const place = `${round(x)} ${round(y)}`;
    if (place !== before) path += `${path === '' ? 'M' : 'L'}${place}`;
    before = place;
  }
  return `<path class="curve" d="${path}"/>`;
}

/**
 * Distances of genuine and impostor pairs, and the threshold between them.
 * @param counted what a bar counts
 */
export function histogramChart(
  { edges, genuine, impostor }: Histogram,
  threshold: number,
  counted: 'pairs' | 'searches' = 'pairs',
): string {
  const top = edges[edges.length - 1];
  const most = Math.max(...genuine, ...impostor);
  const distanceAxis: Axis = { label: 'distance', ticks: roundTicks(top), share: (value) => value / top };
  const countAxis: Axis = { label: counted, ticks: roundTicks(most), share: (value) => value / most };
  return chart(`Distances of genuine and impostor ${counted}`, distanceAxis, countAxis, (frame) =>
    [
      bars('genuine', edges, genuine, frame),
      bars('impostor', edges, impostor, frame),
      `<path class="threshold" d="M${frame.x(threshold)} ${frame.y(0)}V${frame.y(most)}"/>`,
      `<text x="${frame.x(threshold) + 5}" y="${frame.y(most) + 12}">threshold ${threshold.toFixed(3)}</text>`,
    ].join('\n'),
  );
}

function bars(kind: string, edges: readonly number[], counts: readonly number[], { x, y }: Frame): string {
  const path = counts.map((count, i) =>
    count === 0 ? '' : `M${x(edges[i])} ${y(0)}V${y(count)}h${round(x(edges[i + 1]) - x(edges[i]))}V${y(0)}Z`,
  );
  return `<path class="${kind}" d="${path.join('')}"/>`;
}

/** A drawing area with axes, shared by the charts of the report. */
interface Frame {
  readonly width: number;
  readonly height: number;
  /** Maps a value to its position in the drawing. */
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
}

interface Axis {
  readonly label: string;
  /** Value and label. */
  readonly ticks: readonly (readonly [value: number, text: string])[];
  /** Maps a value to a share of the axis, 0..1. */
  readonly share: (value: number) => number;
}

const CHART_SIZE = { width: 560, height: 340 };
const MARGIN = { left: 62, right: 16, top: 14, bottom: 48 };

/** An SVG chart, styled by the page. Texts must be HTML-escaped. */
export function chart(title: string, xAxis: Axis, yAxis: Axis, draw: (frame: Frame) => string): string {
  const { width, height } = CHART_SIZE;
  const drawing = axesWith(xAxis, yAxis, draw);
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}">\n${drawing}\n</svg>`;
}

/** Axes with ticks and labels, and what `draw` returns between them, in `CHART_SIZE`. Texts must be HTML-escaped. */
function axesWith(xAxis: Axis, yAxis: Axis, draw: (frame: Frame) => string): string {
  const { width, height } = CHART_SIZE;
  const right = width - MARGIN.right;
  const bottom = height - MARGIN.bottom;
  const x = (value: number) => round(MARGIN.left + xAxis.share(value) * (right - MARGIN.left));
  const y = (value: number) => round(bottom - yAxis.share(value) * (bottom - MARGIN.top));
  const xTicks = xAxis.ticks.map(
    ([value, text]) =>
      `<path class="grid" d="M${x(value)} ${MARGIN.top}V${bottom}"/><text x="${x(value)}" y="${bottom + 18}" text-anchor="middle">${text}</text>`,
  );
  const yTicks = yAxis.ticks.map(
    ([value, text]) =>
      `<path class="grid" d="M${MARGIN.left} ${y(value)}H${right}"/><text x="${MARGIN.left - 8}" y="${y(value) + 4}" text-anchor="end">${text}</text>`,
  );
  return [
    ...xTicks,
    ...yTicks,
    draw({ width, height, x, y }),
    `<path class="axis" d="M${MARGIN.left} ${MARGIN.top}V${bottom}H${right}"/>`,
    `<text x="${(MARGIN.left + right) / 2}" y="${height - 8}" text-anchor="middle">${xAxis.label}</text>`,
    `<text transform="translate(14 ${(MARGIN.top + bottom) / 2}) rotate(-90)" text-anchor="middle">${yAxis.label}</text>`,
  ].join('\n');
}

/** Evenly spaced round values that cover 0..top, about five of them. */
function roundTicks(top: number): [value: number, text: string][] {
  const rough = Math.max(top, 1e-9) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough)!;
  const digits = Math.max(0, -Math.floor(Math.log10(step)));
  return Array.from({ length: Math.floor(top / step) + 1 }, (_, i) => [i * step, (i * step).toFixed(digits)]);
}

/** Rounded to a tenth of a pixel, for shorter files. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}
