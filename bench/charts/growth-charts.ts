import type { Axis } from '../../src/cli/report/charts.js';
import { lineChart, type Series } from './line-chart.js';
import { decadeAxis, linearAxis, linearAxisAt, logAxisAt } from './scales.js';

type Row = Readonly<Record<string, number>>;
type Scale = (label: string, values: readonly number[]) => Axis;

interface GrowthChart {
  /** File name without extension. */
  readonly file: string;
  readonly title: string;
  readonly x: { readonly key: string; readonly label: string; readonly scale: Scale };
  readonly y: { readonly label: string; readonly scale: Scale };
  /** Key in the rows and name in the legend. The first series shows its values. */
  readonly series: readonly (readonly [key: string, name: string])[];
}

const CLIENTS = { key: 'clients', label: 'clients at once', scale: logAxisAt };
const STAGES = [
  ['total', 'all together'],
  ['detect', 'finding faces'],
  ['embed', 'embedding them'],
  ['decode', 'decoding'],
] as const;

/** The charts of each bench of `bench/growth.ts`. */
const CHARTS: Readonly<Record<string, readonly GrowthChart[]>> = {
  'growth-faces': [
    {
      file: 'growth-faces',
      title: 'A 1280×960 frame by the faces in it',
      x: { key: 'faces', label: 'faces in the frame', scale: linearAxisAt },
      y: { label: 'median time, ms', scale: linearAxis },
      series: STAGES,
    },
  ],
  'growth-pixels': [
    {
      file: 'growth-pixels',
      title: 'A frame with one face by its size',
      x: { key: 'megapixels', label: 'size of the frame, megapixels', scale: linearAxisAt },
      y: { label: 'median time, ms', scale: linearAxis },
      series: STAGES,
    },
  ],
  'growth-clients': [
    {
      file: 'growth-clients-rate',
      title: 'Answers a second by the number of clients',
      x: CLIENTS,
      y: { label: 'answers a second', scale: linearAxis },
      series: [['answersASecond', 'all clients together']],
    },
    {
      file: 'growth-clients-wait',
      title: 'How long a client waits by the number of clients',
      x: CLIENTS,
      y: { label: 'wait for an answer, ms', scale: decadeAxis },
      series: [
        ['medianMs', 'median'],
        ['slowMs', '95th percentile'],
      ],
    },
  ],
  'growth-people': [
    {
      file: 'growth-people',
      title: 'Naming one face by the number of people enrolled',
      x: { key: 'people', label: 'people, one example of 512 values each', scale: logAxisAt },
      y: { label: 'median time, ms', scale: decadeAxis },
      series: [['searchMs', 'nearest example']],
    },
  ],
};

/** @returns file names without extension, and SVG; empty for a bench without a chart */
export function growthCharts(bench: string, rows: readonly Row[]): [file: string, svg: string][] {
  return (CHARTS[bench] ?? []).map((chart) => [chart.file, draw(chart, rows)]);
}

function draw({ title, x, y, series }: GrowthChart, rows: readonly Row[]): string {
  const lines = series.map(([key, name]): Series => ({
    name,
    points: rows.map((row): [number, number] => [row[x.key], row[key]]),
  }));
  const across = rows.map((row) => row[x.key]);
  const up = lines.flatMap(({ points }) => points.map(([, value]) => value));
  return lineChart(title, x.scale(x.label, across), y.scale(y.label, up), lines);
}
