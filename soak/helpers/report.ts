/** Prints what was done and seen as a table for people and, as the last line, as JSON. */
export function report(name: string, figures: Readonly<Record<string, number | string>>): void {
  console.table(Object.entries(figures).map(([what, value]) => ({ what, value })));
  console.log(JSON.stringify({ soak: name, ...figures }));
}

/** @throws Error with everything that contradicts the promise */
export function demand(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(what);
}

/** A number that the command line or the default gives: `npm run soak -- kill` does not take any; the environment does. */
export function count(variable: string, otherwise: number): number {
  return Number(process.env[variable] ?? otherwise);
}
