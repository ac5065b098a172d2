import type { Training, TrainingOptions } from '../../matching/classifiers/training/train.js';
import { formatShare } from '../rate.js';
import { formatTable } from '../table.js';

/** Of everyone's recall the worst this many are shown; `--json` has all. */
const SHOWN = 10;

/** What a training found, for people. */
export function trainingLines(training: Training, options: TrainingOptions, file: string): string[] {
  const { report, decision } = training;
  const facts = [
    ['classifier', describe(training, options)],
    ['trained on', `${report.examples} examples of ${report.people} people`],
    [
      'held out',
      `${report.tested} examples${report.single > 0 ? `; ${report.single} are the only one of their person` : ''}`,
    ],
    ['closed set', `${formatShare(report.closedSetAccuracy)} look most like themselves`],
    ['named', `${formatShare(report.named)} get their name, ${formatShare(report.misnamed)} another's`],
    ['strangers', strangersLine(training)],
  ];
  const missed = report.recall.filter(({ named, tested }) => named < tested).slice(0, SHOWN);
  const recall = missed.map(({ name, tested, right, named }) => [
    name,
    `${named} of ${tested}`,
    `${right} of ${tested}`,
  ]);
  const mixedUp = report.confusions.slice(0, SHOWN).map((pair) => [pair.person, pair.takenFor, String(pair.times)]);
  return [
    formatTable(['', ''], facts).trimStart(),
    ...(recall.length > 0 ? ['', formatTable(['not always named', 'named', 'most like themselves'], recall)] : []),
    ...(mixedUp.length > 0 ? ['', formatTable(['mixed up', 'with', 'times'], mixedUp)] : []),
    ...warnings(training, decision.far),
    '',
    `Saved in ${file}`,
  ];
}

function describe({ state }: Training, { kernel }: TrainingOptions): string {
  if (state.kind === 'svm') return `svm, ${kernel} kernel, one against the rest`;
  return state.kind === 'knn' ? `knn, k ${state.k} by cross-validation` : state.kind;
}

function strangersLine({ decision, report }: Training): string {
  const { strangersNamed, strangers, farAtMost } = decision;
  const from = report.strangersFrom === 'given' ? 'photos given' : 'searches of left-out people';
  return `${strangersNamed} of ${strangers} ${from} get a name; at most ${formatShare(farAtMost)} would (95 % sure)`;
}

function warnings({ decision: { strangers }, report: { strangersFrom } }: Training, far: number): string[] {
  const needed = Math.ceil(3 / far);
  return [
    ...(strangers < needed
      ? ['', `${strangers} strangers are too few to tell a rate of ${formatShare(far)}: that takes ${needed}.`]
      : []),
    ...(strangersFrom === 'given'
      ? []
      : [
          '',
          'No photos of strangers were given (--strangers DIR), so people of the gallery stood in for them in turn.',
        ]),
  ];
}
