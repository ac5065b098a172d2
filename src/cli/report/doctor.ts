import type { ExampleName, ExamplePair, OddExample } from '../../people/examination.js';
import { galleryNotices } from '../../gallery/notices.js';
import type { DoctorReport } from '../doctor.js';
import { formatNumber } from '../format.js';

/** More of a kind than this are counted; `--json` has all of them. */
const SHOWN = 20;

/** The report for people: what was found and done, a line each. */
export function doctorLines(report: DoctorReport): string[] {
  const { files, comparison, poor, repaired, inQuarantine, threshold } = report;
  return [
    `people     ${files.people}, ${files.examples} examples`,
    ...section('files', galleryNotices(files), (line) => line, 'everything adds up'),
    ...section('repaired', repaired, ({ name, examples, missing }) => {
      return `${name}: ${examples} examples are back${missing === null ? '' : `; ${missing}`}`;
    }),
    ...section('quarantine', inQuarantine, (name) => `${name}: "rostro doctor --repair" tries to bring them back`),
    ...(comparison === null ? ['examples   not compared'] : comparisonLines(comparison, threshold)),
    ...section(
      'poor',
      poor,
      (example) => `${called(example)}: ${example.warnings.map(({ message }) => message).join(' ')}`,
    ),
  ];
}

function comparisonLines(
  { duplicates, nearPeople, outliers }: NonNullable<DoctorReport['comparison']>,
  threshold: number,
): string[] {
  return [
    ...section('same photo', duplicates, ({ a, b }) => `${called(a)} and ${called(b)}`),
    ...section('near', nearPeople, (pair) => nearLine(pair, threshold)),
    ...section('misplaced', outliers, outlierLine),
  ];
}

function nearLine({ a, b, distance }: ExamplePair, threshold: number): string {
  return `${a.name} and ${b.name} are ${formatNumber(distance)} apart, within the threshold of ${formatNumber(threshold)}`;
}

function outlierLine({ kind, own, nearest, ...example }: OddExample): string {
  const far = `${formatNumber(own)} from the nearest other example`;
  if (kind === 'far' || nearest === null) return `${called(example)}: ${far}`;
  return `${called(example)}: ${far}, but ${formatNumber(nearest.distance)} from ${nearest.name}`;
}

function called({ name, example }: ExampleName): string {
  return `${name}/${example}`;
}

/** A heading with the first item beside it; nothing where there is none and nothing to say of that. */
function section<T>(title: string, items: readonly T[], line: (item: T) => string, none?: string): string[] {
  const rest = items.length - SHOWN;
  const lines = [...items.slice(0, SHOWN).map(line), ...(rest > 0 ? [`(and ${rest} more; --json has them all)`] : [])];
  if (lines.length === 0 && none !== undefined) lines.push(none);
  return lines.map((text, i) => `${(i === 0 ? title : '').padEnd(11)}${text}`);
}
