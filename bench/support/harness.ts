/** A candidate to time against others. */
export interface Candidate {
  readonly name: string;
  run(): Promise<unknown>;
  /** CPU milliseconds so far of what runs it. Default: of all threads of this process. */
  readonly cpuMs?: () => number;
}

export interface Timing {
  readonly name: string;
  /** Milliseconds. */
  readonly median: number;
  /** Milliseconds; use it when the rounds differ in work. */
  readonly mean: number;
  /** First and third quartile, milliseconds. */
  readonly spread: readonly [number, number];
  /** Milliseconds; other programs on the machine only lengthen a run. */
  readonly shortest: number;
  /** Median CPU milliseconds; 0 where it was not measured. */
  readonly cpu: number;
}

export interface Rounds {
  readonly rounds: number;
  /** Warm-up rounds, not counted. */
  readonly warmUp: number;
}

/** Times candidates in turn, round after round, so that a slow machine slows all of them. */
export async function sideBySide<T extends readonly Candidate[]>(
  candidates: T,
  { rounds, warmUp }: Rounds,
): Promise<{ [K in keyof T]: Timing }> {
  const times = candidates.map((): number[] => []);
  const cpuTimes = candidates.map((): number[] => []);
  for (let round = -warmUp; round < rounds; round++) {
    for (const [i, candidate] of candidates.entries()) {
      const cpuMs = candidate.cpuMs ?? ownCpuMs;
      const [start, cpuStart] = [performance.now(), cpuMs()];
      await candidate.run();
      if (round < 0) continue;
      times[i].push(performance.now() - start);
      cpuTimes[i].push(cpuMs() - cpuStart);
    }
  }
  return candidates.map(({ name }, i) => timingOf(name, times[i], cpuTimes[i])) as { [K in keyof T]: Timing };
}

/** CPU time of all threads of this process so far, milliseconds. */
export function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

export function timingOf(name: string, times: readonly number[], cpuTimes: readonly number[] = [0]): Timing {
  return {
    name,
    median: quantile(times, 0.5),
    mean: times.reduce((sum, time) => sum + time, 0) / times.length,
    spread: [quantile(times, 0.25), quantile(times, 0.75)],
    shortest: Math.min(...times),
    cpu: quantile(cpuTimes, 0.5),
  };
}

/** @param share 0..1; interpolated linearly */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)];
  return below + (place - Math.floor(place)) * (sorted[Math.ceil(place)] - below);
}

/** Prints a table and, as the last line, the result as JSON. */
export function report(
  bench: string,
  timings: readonly Timing[],
  result: Readonly<Record<string, number>> & { readonly ratio: number },
): void {
  console.table(
    timings.map(({ name, median, spread, shortest, cpu }) => ({
      what: name,
      'median, ms': rounded(median),
      'quartiles, ms': spread.map(rounded).join(' – '),
      'shortest, ms': rounded(shortest),
      ...(cpu > 0 && { 'CPU, ms': rounded(cpu) }),
    })),
  );
  const figures = Object.entries(result).map(([name, value]) => [name, rounded(value)]);
  console.log(JSON.stringify({ bench, ...Object.fromEntries(figures) }));
}

/** Prints growing figures, one row per size: a table and, as the last line, JSON. */
export function reportGrowth(bench: string, rows: readonly Readonly<Record<string, number>>[]): void {
  const shown = rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, rounded(value)])),
  );
  console.table(shown);
  console.log(JSON.stringify({ bench, rows: shown }));
}

/** Three significant digits; whole numbers unchanged. */
function rounded(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(3));
}
