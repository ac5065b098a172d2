import { join } from 'node:path';
import type {
  AttackKind,
  GroupOfPresentations,
  LivenessValidation,
  WorstPresentation,
} from '../../evaluation/liveness.js';
import { formatShare, formatTable } from '../output.js';
import { detChart } from './charts.js';
import { dataTable, escapeHtml, facePicture, figureTable, htmlPage, paragraph } from './html.js';

/** A finished measurement of liveness and its settings. */
export interface LivenessRun {
  readonly validation: LivenessValidation;
  readonly detector: string;
  /** Folder of the photos. */
  readonly dir: string;
}

const NOTES = [
  'APCER: attacks that are taken for people. BPCER: people who are taken for attacks. ACER: mean of BPCER and the highest APCER. Shares of the faces with a score (ISO/IEC 30107-3). At most: 95 % sure.',
  'No response: photos without a face, and faces that are too small, cut off or too dark to be judged.',
];

/** Label and value. */
function livenessFigures({ validation, detector }: LivenessRun): [label: string, value: string][] {
  const { live, attacks, threshold, crossValidation: crossed } = validation;
  const attackPhotos = attacks.reduce((sum, { photos }) => sum + photos, 0);
  const figures: [string, string][] = [
    ['detector', detector],
    ['photos', `${live.photos} of people, ${attackPhotos} of attacks`],
    ['threshold in force', String(threshold)],
    ['ACER', formatShare(validation.acer)],
    ['EER', formatShare(validation.eer)],
  ];
  if (crossed === null) return figures;
  const { folds, apcer, bpcer, acer } = crossed;
  const rates = `APCER ${formatShare(apcer.mean)}, BPCER ${formatShare(bpcer.mean)}, ACER ${formatShare(acer.mean)}`;
  const chosen = `${crossed.threshold.mean.toFixed(3)} ± ${crossed.threshold.deviation.toFixed(3)}`;
  return [...figures, [`${folds.length} folds of people`, `${rates}; threshold ${chosen}, chosen on the other folds`]];
}

/** Head and rows: error rates of people and of each kind of attack at the threshold in force. */
function rateTable({ validation: { live, attacks } }: LivenessRun): string[][] {
  const wanted = attacks.at(0)?.bpcerAtApcer ?? [];
  const head = ['', 'photos', 'scored', 'errors', 'rate', 'at most', 'EER'];
  return [
    [...head, ...wanted.map(({ apcer }) => `BPCER at APCER ${formatShare(apcer)}`)],
    [...rateRow('BPCER: people', live), '–', ...wanted.map(() => '–')],
    ...attacks.map((attack) => [
      ...rateRow(`APCER: ${attack.kind}`, attack),
      formatShare(attack.eer),
      ...attack.bpcerAtApcer.map(({ bpcer }) => formatShare(bpcer ?? NaN)),
    ]),
  ];
}

function rateRow(label: string, group: GroupOfPresentations): string[] {
  const { photos, scored, errors, errorRate, errorRateAtMost } = group;
  return [label, ...[photos, scored, errors].map(String), formatShare(errorRate), formatShare(errorRateAtMost)];
}

/** Head and rows: photos without a score, by reason. */
function unscoredTable({ validation: { live, attacks } }: LivenessRun): string[][] {
  const groups = [live, ...attacks];
  const reasons = [...new Set(['no_face', 'too_small', 'cut_off', 'too_dark', ...groups.flatMap(whysOf)])];
  return [
    ['', 'no response', ...reasons],
    ...groups.map(({ kind, nonResponseRate, unscored }) => [
      kind ?? 'people',
      formatShare(nonResponseRate),
      ...reasons.map((why) => String(unscored[why] ?? 0)),
    ]),
  ];
}

function whysOf({ unscored }: GroupOfPresentations): string[] {
  return Object.keys(unscored);
}

/** Head and rows; null without folds. */
function foldTable({ validation: { crossValidation } }: LivenessRun): string[][] | null {
  if (crossValidation === null) return null;
  return [
    ['people of the fold', 'threshold', 'APCER', 'BPCER', 'ACER'],
    ...crossValidation.folds.map(({ people, threshold, apcer, bpcer, acer }) => [
      people.length > 3 ? `${people.length} people` : people.join(', '),
      threshold.toFixed(3),
      ...[apcer, bpcer, acer].map(formatShare),
    ]),
  ];
}

/** As lines of text. */
export function livenessLines(run: LivenessRun): string[] {
  const tables = [rateTable(run), unscoredTable(run), foldTable(run)].filter((table) => table !== null);
  return [
    formatTable(['', ''], livenessFigures(run)).trimStart(),
    ...tables.flatMap(([head, ...rows]) => ['', formatTable(head, rows)]),
    '',
    ...NOTES,
  ];
}

/** As plain JSON. Rates without a photo, and thresholds that nothing reaches, become null. */
export function livenessJson({ validation, ...run }: LivenessRun) {
  return { ...run, ...validation };
}

/** As one self-contained HTML file: figures, DET curves, and the worst photos as pictures. */
export async function livenessHtml(run: LivenessRun): Promise<string> {
  const { live, attacks, worst, threshold } = run.validation;
  const folds = foldTable(run);
  return htmlPage('liveness', 'How well living people are told from pictures of people', [
    figureTable(livenessFigures(run)),
    dataTable(rateTable(run)),
    ...NOTES.map(paragraph),
    '<div class="charts">',
    ...attacks.filter(({ det }) => det.length > 0).map((attack) => detFigure(attack, live)),
    '</div>',
    '<h2>Photos without a score</h2>',
    dataTable(unscoredTable(run)),
    ...(folds === null ? [] : ['<h2>Folds</h2>', dataTable(folds)]),
    '<h2>Attacks that look most alive</h2>',
    await presentationList(worst.attacks, run.dir, threshold),
    '<h2>People who look least alive</h2>',
    await presentationList(worst.live, run.dir, threshold),
  ]);
}

function detFigure({ kind, scored, det, errorRate }: AttackKind, live: GroupOfPresentations): string {
  const title = `DET of ${escapeHtml(kind)}: people refused over attacks that pass`;
  const axes = [
    { label: 'APCER (attacks that pass)', cases: scored },
    { label: 'BPCER (people refused)', cases: live.scored },
  ] as const;
  const curve = det.map(({ apcer, bpcer }) => [apcer, bpcer] as const);
  const drawing = detChart(title, axes, curve, [[errorRate, live.errorRate]]);
  const caption = `DET of ${escapeHtml(kind)}; the dot is the threshold in force`;
  return `<figure><figcaption>${caption}</figcaption>${drawing}</figure>`;
}

async function presentationList(
  presentations: readonly WorstPresentation[],
  dir: string,
  threshold: number,
): Promise<string> {
  const items = presentations.map(async ({ path, box, score, wrong }) => {
    const verdict = score >= threshold ? 'taken for a person' : 'taken for an attack';
    const text = wrong ? `<b class="wrong">${verdict}</b>` : verdict;
    return `<li>${await facePicture({ path: join(dir, path), box }, path)}<p>score ${score.toFixed(3)}, ${text}</p></li>`;
  });
  return `<ol class="pairs">${(await Promise.all(items)).join('\n')}</ol>`;
}
