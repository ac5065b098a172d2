import { mkdir, writeFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { BARS } from './support/bars.js';
import { barChart } from './charts/bar-chart.js';
import { growthCharts } from './charts/growth-charts.js';

/**
 * Draws the output of benches as SVG files in `bench/plots/`: one chart for each that shows growth, and one of all
 * figures that have a bar. Reads the last line of each output, which is JSON.
 *
 *   npx tsx bench/growth.ts | npx tsx bench/plot.ts
 *   npm run bench | npx tsx bench/plot.ts
 */
interface Result {
  readonly bench: string;
  readonly [figure: string]: unknown;
}

const folder = fileURLToPath(new URL('./plots/', import.meta.url));

function resultsIn(output: string): Result[] {
  const lines = output.split('\n').filter((line) => line.startsWith('{"bench":'));
  return lines.map((line) => JSON.parse(line) as Result);
}

const results = resultsIn(await text(process.stdin));
const charts = results.flatMap(({ bench, rows }) => growthCharts(bench, rows as Record<string, number>[]));
const figures = results.flatMap((result) =>
  Object.entries(BARS[result.bench] ?? {}).map(([figure, bar]) => ({
    label: figure === 'ratio' ? result.bench : `${result.bench}, ${figure}`,
    value: result[figure] as number,
    bar,
  })),
);
if (figures.length > 0) charts.push(['bars', barChart('Time beside the networks alone, and beside face-api', figures)]);

await mkdir(folder, { recursive: true });
for (const [file, svg] of charts) {
  await writeFile(`${folder}${file}.svg`, svg);
  console.log(`bench/plots/${file}.svg`);
}
