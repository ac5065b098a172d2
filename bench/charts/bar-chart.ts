import { isReached, type Bar } from '../support/bars.js';
import { sheet } from './sheet.js';

export interface BarredFigure {
  readonly label: string;
  readonly value: number;
  readonly bar: Bar;
}

const WIDTH = 660;
const ROW = { first: 78, step: 30, height: 16 };
const PLOT = { left: 216, right: 470 };
/** The share of the bar at the right edge of the chart. */
const WIDEST = 1.5;

/**
 * Draws each figure as a share of its bar, 100 % being the bar itself: limit / value if less is better, value / limit
 * if more is better. Texts must be safe as XML.
 */
export function barChart(title: string, figures: readonly BarredFigure[]): string {
  const bottom = ROW.first + ROW.step * figures.length;
  const goal = place(1);
  const drawing = [
    ...figures.map(row),
    `<path class="goal" d="M${goal} ${ROW.first - 8}V${bottom - 6}"/>`,
    `<text x="${goal}" y="${ROW.first - 14}" text-anchor="middle">the bar</text>`,
    `<path class="axis" d="M${PLOT.left} ${ROW.first - 8}V${bottom - 6}"/>`,
    `<text x="16" y="${bottom + 16}">Length: share of the bar that is reached; past the dashed line is better than asked for.</text>`,
  ].join('\n');
  const description = figures.map(({ label, value, bar }) => `${label}: ${verdict(value, bar)}.`).join(' ');
  return sheet({ width: WIDTH, height: bottom + 32 }, title, description, drawing);
}

function row({ label, value, bar }: BarredFigure, index: number): string {
  const top = ROW.first + ROW.step * index;
  const reached = bar.sign === '<=' ? bar.limit / value : value / bar.limit;
  const width = place(Math.min(reached, WIDEST)) - PLOT.left;
  const textY = top + ROW.height - 4;
  return [
    `<text x="${PLOT.left - 10}" y="${textY}" text-anchor="end">${label}</text>`,
    `<rect class="dot ${isReached(value, bar) ? 'a' : 'b'}" x="${PLOT.left}" y="${top}" width="${width}" height="${ROW.height}"/>`,
    `<text x="${PLOT.right + 10}" y="${textY}">${verdict(value, bar)}</text>`,
  ].join('\n');
}

function verdict(value: number, bar: Bar): string {
  const wanted = `${bar.sign === '<=' ? '≤' : '≥'} ${bar.limit}`;
  return `${value} (wanted ${wanted}${isReached(value, bar) ? '' : ', missed'})`;
}

function place(share: number): number {
  return Math.round(PLOT.left + (share / WIDEST) * (PLOT.right - PLOT.left));
}
