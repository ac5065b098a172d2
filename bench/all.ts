import { BARS, isReached } from './support/bars.js';
import { BENCHES, type BenchRun } from './support/catalogue.js';
import { describeMachine, load } from './support/machine.js';
import { runBench } from './support/run-bench.js';

/**
 * Runs benches, each in its own process, and writes a report in Markdown on stdout: the machine, every figure that has a
 * bar, and the output of every bench, from which the figures of docs/ are taken. While they run, their output is on stderr.
 *
 *   npm run --silent bench [-- NAME... | all | list] > report.md
 *
 * Without names the benches that have a bar; `all` takes hours and needs PostgreSQL and Chromium; `list` tells what each
 * bench answers. A bench that cannot run here is reported, and the others go on.
 */
// Disables the telemetry of the runtime, as the command line does.
process.env.ORT_DISABLE_TELEMETRY ??= '1';

interface Outcome {
  readonly command: string;
  readonly name: string;
  readonly load: string;
  readonly output: string;
  readonly failure: string | null;
}

const given = process.argv.slice(2);
if (given[0] === 'list') console.table(Object.entries(BENCHES).map(([bench, { about }]) => ({ bench, about })));
else console.log(reportOf(await runAll(requestedNames(given))));

function requestedNames(names: readonly string[]): readonly string[] {
  if (names.length === 0) return Object.keys(BARS);
  if (names[0] === 'all') return Object.keys(BENCHES);
  const unknown = names.find((name) => !Object.hasOwn(BENCHES, name));
  if (unknown === undefined) return names;
  throw new Error(`there is no bench "${unknown}"; there are ${Object.keys(BENCHES).join(', ')}`);
}

async function runAll(names: readonly string[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const name of names) {
    for (const run of BENCHES[name].runs ?? [{}]) {
      const command = commandOf(name, run);
      console.error(`\n${command}`);
      const outcome = await runBench(name, run).then(
        (output) => ({ output, failure: null }),
        (error: unknown) => ({ output: '', failure: error instanceof Error ? error.message : String(error) }),
      );
      outcomes.push({ command, name, load: load(), ...outcome });
      if (outcome.failure !== null) process.exitCode = 1;
    }
  }
  return outcomes;
}

function commandOf(name: string, { env = {}, args = [] }: BenchRun): string {
  const settings = Object.entries(env).map(([setting, value]) => `${setting}=${value}`);
  return [...settings, 'npx tsx', `bench/${name}.ts`, ...args].join(' ');
}

function reportOf(outcomes: readonly Outcome[]): string {
  const figures = outcomes.flatMap((outcome) => {
    const bars = BARS[outcome.name] ?? {};
    const result = resultIn(outcome.output);
    return Object.entries(bars).map(([figure, bar]) => {
      const value = result[figure];
      const reached = value !== undefined && isReached(value, bar);
      const shown = outcome.failure ?? String(value ?? 'missing');
      const limit = `${bar.sign === '<=' ? '≤' : '≥'} ${bar.limit}`;
      return `| \`${outcome.name}\` | \`${figure}\` | ${shown} | ${limit} | ${reached ? 'yes' : 'no'} | ${outcome.load} |`;
    });
  });
  return [
    '# Benches',
    describeMachine(),
    ['| bench | figure | measured | bar | reached | load |', '| --- | --- | --- | --- | --- | --- |', ...figures].join(
      '\n',
    ),
    ...outcomes.map(({ command, output, failure }) =>
      [`## \`${command}\``, '```', failure === null ? output.trim() : `not measured: ${failure}`, '```'].join('\n'),
    ),
  ].join('\n\n');
}

/** The last line of JSON; empty without one. */
function resultIn(output: string): Readonly<Record<string, number | undefined>> {
  const line = output.split('\n').findLast((each) => each.startsWith('{"bench":'));
  return line === undefined ? {} : (JSON.parse(line) as Record<string, number>);
}
