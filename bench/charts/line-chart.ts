import { axesWith, type Axis, CHART_SIZE, type Frame } from '../../src/cli/report/charts.js';
import { sheet } from './sheet.js';

export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

const HEAD = { legendY: 48, height: 58 };
const CLASSES = ['a', 'b', 'c', 'd'];
/** Approximate width of a letter in the legend. */
const LETTER_PX = 7;

/**
 * A line per series, at most four. The points of the first series show their values, above the line unless other lines
 * run there. Texts must be safe as XML.
 */
export function lineChart(title: string, x: Axis, y: Axis, series: readonly Series[]): string {
  const drawing = axesWith(x, y, (frame) =>
    [...series.map((one, i) => line(one, CLASSES[i], frame)).toReversed(), values(series, frame)].join('\n'),
  );
  return sheet(
    { width: CHART_SIZE.width, height: CHART_SIZE.height + HEAD.height },
    title,
    description(x, y, series),
    `${legend(series)}\n<g transform="translate(0 ${HEAD.height})">\n${drawing}\n</g>`,
  );
}

function line({ points }: Series, colour: string, { x, y }: Frame): string {
  const path = points.map(([across, up], i) => `${i === 0 ? 'M' : 'L'}${x(across)} ${y(up)}`).join('');
  const dots = points.map(([across, up]) => `<circle class="dot ${colour}" cx="${x(across)}" cy="${y(up)}" r="3.5"/>`);
  return `<path class="line ${colour}" d="${path}"/>${dots.join('')}`;
}

function values([{ points }, ...others]: readonly Series[], { x, y }: Frame): string {
  const last = (of: Series['points']) => of[of.length - 1][1];
  const shift = others.some((other) => last(other.points) > last(points)) ? 18 : -9;
  const texts = points.map(
    ([across, up]) =>
      `<text class="halo" x="${x(across)}" y="${y(up) + shift}" text-anchor="middle">${shown(up)}</text>`,
  );
  return texts.join('');
}

function legend(series: readonly Series[]): string {
  let left = 16;
  const entries = series.map(({ name }, i) => {
    const at = left;
    left += 46 + LETTER_PX * name.length;
    return `<path class="line ${CLASSES[i]}" d="M${at} ${HEAD.legendY - 4}h20"/><circle class="dot ${CLASSES[i]}" cx="${at + 10}" cy="${HEAD.legendY - 4}" r="3.5"/><text x="${at + 26}" y="${HEAD.legendY}">${name}</text>`;
  });
  return entries.join('\n');
}

function description(x: Axis, y: Axis, series: readonly Series[]): string {
  const lists = series.map(({ name, points }) => {
    const pairs = points.map(([across, up]) => `${shown(up)} at ${shown(across)}`);
    return `${name}: ${pairs.join(', ')}.`;
  });
  return `${y.label} by ${x.label}. ${lists.join(' ')}`;
}

/** Three significant digits, with thousands separators. */
function shown(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en', { maximumFractionDigits: 6 });
}
