import type { CalibrationWarning } from '../../matching/thresholds/calibration.js';
import type { CalibrationReport } from '../../matching/thresholds/calibration-service.js';
import { formatShare, formatTable } from '../output.js';

const BAR = 30;
const LINES = 20;

const TABLE_HEAD = ['threshold', 'strangers named', 'own people not named', 'of them misnamed'];

const SOURCES = {
  set: 'as set',
  auto: 'for the size of the gallery',
  calibrated: 'calibrated before',
  default: "the embedder's own",
} as const;

/** A calibration as lines of text: figures, table, two histograms, and warnings about the sample size. */
export function calibrationLines(report: CalibrationReport): string[] {
  const { current, recommended, table, wantedFar } = report;
  const rows = table.map(({ threshold, far, frr, misnamed }) => [
    threshold.toFixed(3),
    formatShare(far),
    formatShare(frr),
    formatShare(misnamed),
  ]);
  return [
    ...summary(report),
    ...(rows.length === 0 ? [] : ['', formatTable(TABLE_HEAD, rows), '', ...histogramLines(report)]),
    ...report.warnings.map((warning) => `\n${warningText(warning, report)}`),
    '',
    `The threshold is ${current.threshold} (${SOURCES[current.source]}): ${ratesText(current)}.`,
    ...(recommended === null
      ? []
      : [`For ${formatShare(wantedFar)} it is ${recommended.threshold}: ${ratesText(recommended)}.`]),
  ];
}

function summary({ people, examples, genuineSearches, impostorSearches, ...rest }: CalibrationReport): string[] {
  const who = rest.strangersFrom === 'given' ? `${rest.impostorPeople} strangers` : 'people of the gallery standing in';
  return [
    `${people} people, ${examples} examples`,
    `${genuineSearches} searches for someone by another photo of theirs`,
    `${impostorSearches} searches for ${who}, each among ${rest.searchedPeople} people`,
  ];
}

function ratesText({ far, frr }: { readonly far: number; readonly frr: number }): string {
  return `${formatShare(far)} of strangers are given a name, ${formatShare(frr)} of the own people are not given theirs`;
}

/** Merges neighbouring bins, so that the histogram fits a screen. */
function histogramLines({ histogram: { edges, genuine, impostor } }: CalibrationReport): string[] {
  const size = Math.ceil(genuine.length / LINES);
  const groups = Array.from({ length: Math.ceil(genuine.length / size) }, (_, i) => i * size);
  const sum = (counts: readonly number[], from: number) =>
    counts.slice(from, from + size).reduce((total, count) => total + count, 0);
  const bars = (counts: readonly number[]) => {
    const sums = groups.map((from) => sum(counts, from));
    const most = Math.max(1, ...sums);
    return sums.map((count) => '█'.repeat(Math.ceil((BAR * count) / most)));
  };
  const [own, strange] = [bars(genuine), bars(impostor)];
  const rows = groups.map((from, i) => [edges[from].toFixed(2), own[i], strange[i]]);
  return [formatTable(['distance', 'own people'.padEnd(BAR), 'strangers'.padEnd(BAR)], rows)];
}

/** The warnings in English; the web page has its own texts. */
export function warningText(warning: CalibrationWarning, report: CalibrationReport): string {
  const { impostorSearches, impostorPeople, searchesNeeded, wantedFar, farAtMost, genuineSearches, people } = report;
  switch (warning) {
    case 'no_searches':
      return 'There is nothing to tell a threshold from: enrol a second person, or give photos of strangers (--strangers DIR).';
    case 'few_searches':
      return `${impostorSearches} searches for strangers are too few to tell a rate of ${formatShare(wantedFar)}: that takes ${searchesNeeded}. In truth it may be up to ${formatShare(farAtMost)} (95 % sure).`;
    case 'few_people':
      return `The strangers are ${impostorPeople} different people only; others may look more like someone here.`;
    case 'few_genuine':
      return `${genuineSearches} searches for own people are too few to tell how many are not named; enrol two photos or more of each.`;
    case 'stand_ins':
      return `No photos of strangers were given, so everyone stood in for one, searched among the other ${people - 1}.`;
    case 'many_rejected':
      return 'At this threshold many of the own people are not named: more or better photos of them help, or a trained matcher (MATCHER=svm).';
  }
}
