/** A drawing area with axes: what the charts of the report share. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  /** From a value to its place in the drawing. */
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
}

export interface Axis {
  readonly label: string;
  /** Value and its text. */
  readonly ticks: readonly (readonly [value: number, text: string])[];
  /** From a value to a share of the axis, 0..1. */
  readonly share: (value: number) => number;
}

export const CHART_SIZE = { width: 560, height: 340 };
const MARGIN = { left: 62, right: 16, top: 14, bottom: 48 };

/** An SVG chart for a page that styles it. Texts must be safe as HTML. */
export function chart(title: string, xAxis: Axis, yAxis: Axis, draw: (frame: Frame) => string): string {
  const { width, height } = CHART_SIZE;
  const drawing = axesWith(xAxis, yAxis, draw);
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}">\n${drawing}\n</svg>`;
}

/** Axes with ticks and labels, and what `draw` puts between them, `CHART_SIZE` large. Texts must be safe as HTML. */
export function axesWith(xAxis: Axis, yAxis: Axis, draw: (frame: Frame) => string): string {
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
export function roundTicks(top: number): [value: number, text: string][] {
  const rough = Math.max(top, 1e-9) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough)!;
  const digits = Math.max(0, -Math.floor(Math.log10(step)));
  return Array.from({ length: Math.floor(top / step) + 1 }, (_, i) => [i * step, (i * step).toFixed(digits)]);
}

/** To a tenth of a pixel, for shorter files. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}
