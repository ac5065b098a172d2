import type {
  GroupFigures,
  Identification,
  MissingOpenSetPhoto,
  OpenSetFlip,
  OpenSetSearches,
  OperatingPoint,
  WorstSearch,
} from '../../evaluation/identify.js';
import type { ThresholdOrigin } from '../../matching/thresholds/threshold-source.js';
import { formatShare, formatTable } from '../output.js';

/** A finished measurement of open-set identification and its settings. */
export interface IdentificationRun extends Omit<OpenSetSearches, 'searches'> {
  readonly identification: Identification;
  readonly thresholdSource: ThresholdOrigin;
  readonly embedder: string;
  readonly contract: string;
  readonly detector: string;
  readonly flip: OpenSetFlip | null;
}

const FLIPS = { average: 'mirrored faces averaged in', enrol: 'mirrored faces averaged into the enrolled' } as const;
const SOURCES = {
  set: 'as set',
  auto: 'from the number of enrolled photos',
  calibrated: 'calibrated',
  default: "the embedder's own",
} as const;

/** Label and value. */
export function identificationFigures(run: IdentificationRun): [label: string, value: string][] {
  const { identification, missing, leftOut, flip } = run;
  const networks = `${run.detector} + ${run.embedder}`;
  return [
    ['networks', flip === null ? networks : `${networks}, ${FLIPS[flip]}`],
    ['enrolled', `${run.enrolledPeople} people, ${run.enrolledPhotos} photos`],
    ['searches', `${identification.probes} for own people, ${identification.strangers} for strangers`],
    ...(missing.length === 0
      ? []
      : [['left out', `${leftOut} searches, for want of ${missing.length} photos`] as [string, string]]),
    ['rank 1', formatShare(identification.rankOne)],
    ['threshold in force', `${identification.inForce.threshold}, ${SOURCES[run.thresholdSource]}`],
  ];
}

/** Head and rows: the rates at each threshold, the searches behind them, and their upper bounds. */
export function pointTable({ identification: { atFpir, inForce } }: IdentificationRun): string[][] {
  return [
    ['', 'threshold', 'FNIR', 'missed', 'at most', 'FPIR', 'strangers named', 'at most'],
    ...atFpir.map((point) => pointRow(`FPIR ${formatShare(point.wantedFpir)}`, point)),
    pointRow('threshold in force', inForce),
  ];
}

function pointRow(label: string, { threshold, ...point }: OperatingPoint): string[] {
  const { fnir, missed, fnirAtMost, fpir, named, fpirAtMost } = point;
  const misses = [formatShare(fnir), String(missed), formatShare(fnirAtMost)];
  return [label, threshold.toFixed(3), ...misses, formatShare(fpir), String(named), formatShare(fpirAtMost)];
}

/** Head and rows: the rates of each group, with upper bounds; null without groups. */
export function groupTable({ identification: { groups, atFpir } }: IdentificationRun): string[][] | null {
  if (groups.length === 0) return null;
  const points = [`at FPIR ${formatShare(atFpir[0].wantedFpir)}`, 'in force'];
  return [
    ['group', 'own', 'strangers', 'rank 1', ...points.flatMap((point) => [`FNIR ${point}`, `FPIR ${point}`])],
    ...groups.map(groupRow),
  ];
}

function groupRow({ group, probes, strangers, rankOne, atFpir, inForce }: GroupFigures): string[] {
  const rates = [atFpir[0], inForce].flatMap(({ fnir, fnirAtMost, fpir, fpirAtMost }) => [
    boundedShare(fnir, fnirAtMost),
    boundedShare(fpir, fpirAtMost),
  ]);
  return [group ?? '(none)', String(probes), String(strangers), formatShare(rankOne), ...rates];
}

/** A dash where no search of the kind was made. */
function boundedShare(rate: number, atMost: number): string {
  return Number.isNaN(rate) ? '–' : `${formatShare(rate)} (≤ ${formatShare(atMost)})`;
}

/** What the figures mean, and which rates the strangers are too few to show. */
export function identificationNotes({ identification: { atFpir, strangers } }: IdentificationRun): string[] {
  const tooFew = atFpir.filter(({ strangersNeeded }) => strangers < strangersNeeded);
  return [
    'FNIR: own people who do not get their own name. FPIR: strangers who get a name. At most: 95 % sure.',
    ...tooFew.map(
      ({ wantedFpir, strangersNeeded, fpirAtMost }) =>
        `${strangers} strangers are too few to show an FPIR of ${formatShare(wantedFpir)}: that takes ${strangersNeeded}. In truth it may be up to ${formatShare(fpirAtMost)}.`,
    ),
  ];
}

/** Head and rows of the photos left out; null if there are none. */
export function missingTable(missing: readonly MissingOpenSetPhoto[]): string[][] | null {
  if (missing.length === 0) return null;
  return [['photo left out', 'for', 'why'], ...missing.map(({ photo, role, message }) => [photo, role, message])];
}

/** As lines of text. */
export function identificationLines(run: IdentificationRun): string[] {
  const tables = [pointTable(run), groupTable(run), missingTable(run.missing)].filter((table) => table !== null);
  return [
    formatTable(['', ''], identificationFigures(run)).trimStart(),
    ...tables.flatMap(([head, ...rows]) => ['', formatTable(head, rows)]),
    '',
    ...identificationNotes(run),
  ];
}

/** As plain JSON. Rates without a search become null. */
export function identificationJson({ identification: { worst, ...figures }, ...run }: IdentificationRun) {
  return {
    ...run,
    ...figures,
    worst: { strangers: worst.strangers.map(worstJson), misses: worst.misses.map(worstJson) },
  };
}

function worstJson({ photo, other, ...search }: WorstSearch) {
  return { photo: photo.label, other: other.label, files: [photo.path, other.path], ...search };
}
