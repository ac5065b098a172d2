import { parseArgs } from 'node:util';

/** Prints the results as a table and, as the last line, as JSON. */
export function report(name: string, figures: Readonly<Record<string, number | string>>): void {
  console.table(Object.entries(figures).map(([what, value]) => ({ what, value })));
  console.log(JSON.stringify({ soak: name, ...figures }));
}

/** @throws Error that lists all violations */
export function demand(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(what);
}

const OPTIONS = [
  ...['rounds', 'people', 'inputs', 'seed', 'changes', 'clients', 'paced'],
  ...['minutes', 'seconds', 'postgres', 'slack'],
] as const;

const given = parseArgs({
  options: Object.fromEntries(OPTIONS.map((name) => [name, { type: 'string' as const }])),
}).values;

/** A number from the command line (`--rounds 500`) or the environment (`ROUNDS=500`), or the default. */
export function count(option: (typeof OPTIONS)[number], otherwise: number): number {
  const text = given[option] ?? process.env[option.toUpperCase()];
  const number = Number(text ?? otherwise);
  demand(text !== '' && number >= 0, `--${option} ${text} is not a number`);
  return number;
}

/** The duration of a run, from `--minutes` or `--seconds`. */
export function secondsOf(otherwise: number): number {
  return count('seconds', 60 * count('minutes', otherwise / 60));
}

/** Allowed times are multiplied by this (`--slack 10`), for a machine that does other work. */
export const SLACK = count('slack', 1);
