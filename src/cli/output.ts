import Table from 'cli-table3';
import type { Box } from '../faces/image/box.js';
import { RostroError } from '../shared/errors.js';
import { print } from './io.js';

const NO_LINES = Object.fromEntries(
  ['top', 'bottom', 'left', 'right', 'mid']
    .flatMap((side) => [side, `${side}-mid`, `${side}-left`, `${side}-right`])
    .concat('middle')
    .map((name) => [name, '']),
);

/** A table without borders: a head, then one line per row, columns two spaces apart. Without colours, for pipes. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const style = { head: [], border: [], 'padding-left': 0, 'padding-right': 2 };
  const table = new Table({ head: [...head], chars: NO_LINES, style });
  table.push(...rows.map((row) => [...row]));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Prints a table to standard output. */
export function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  print(formatTable(head, rows));
}

/** `120,80 64×70`: left, top, width and height in whole pixels. */
export function formatBox({ x, y, width, height }: Box): string {
  return `${Math.round(x)},${Math.round(y)} ${Math.round(width)}×${Math.round(height)}`;
}

export function formatNumber(value: number | null): string {
  return value === null ? '–' : value.toFixed(3);
}

/** Parses a false-accept rate. @throws RostroError `bad_config` */
export function parseRate(text: string, flag: string): number {
  const rate = Number(text);
  if (rate > 0 && rate <= 0.5) return rate;
  throw new RostroError(
    'bad_config',
    `${flag}=${text} is not usable: give a share over 0 and up to 0.5, such as 0.01.`,
  );
}

/** The least that is said in numbers. */
const RAREST = 1e-6;
/** Above this, a percentage is easier to read than "1 in n". */
const COMMON = 0.1;

/** A share of strangers in words: `1 in 4,000 strangers`, `38 % of strangers`. */
export function formatStrangers(share: number): string {
  if (share > COMMON) return `${Number((100 * share).toPrecision(2))} % of strangers`;
  if (share < RAREST) return 'fewer than 1 in 1,000,000 strangers';
  return `1 in ${Number((1 / share).toPrecision(2)).toLocaleString('en')} strangers`;
}

/** `97.5 %`; a dash for NaN. */
export function formatShare(share: number): string {
  return Number.isNaN(share) ? '–' : `${Number((100 * share).toPrecision(3))} %`;
}
