/** Prints the results as a table and, as the last line, as JSON. */
export function report(name: string, figures: Readonly<Record<string, number | string>>): void {
  console.table(Object.entries(figures).map(([what, value]) => ({ what, value })));
  console.log(JSON.stringify({ soak: name, ...figures }));
}

/** @throws Error that lists all violations */
export function demand(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(what);
}

/** A number from the environment, or the default: `npm run soak -- kill` takes no arguments. */
export function count(variable: string, otherwise: number): number {
  return Number(process.env[variable] ?? otherwise);
}
