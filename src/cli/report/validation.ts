import type { ScoredPair } from '../../evaluation/validate.js';
import { formatTable } from '../output.js';
import type { ValidationRun } from '../validate.js';

/** The figures of a validation, label and value. */
export function figuresOf({
  validation,
  missing,
  pairsInFile,
  ...run
}: ValidationRun): [label: string, value: string][] {
  const { accuracy, threshold, val, far, atOwnThreshold: own, genuine, impostors } = validation;
  const formed = genuine + impostors;
  const options = [run.flip && `mirrored faces: ${run.flip}`, run.subtractMean && 'mean subtracted'].filter(Boolean);
  return [
    ['networks', [`${run.detector} + ${run.embedder}`, ...options].join(', ')],
    ['pairs', `${genuine} genuine, ${impostors} impostor, ${validation.folds.length} folds`],
    ...(formed < pairsInFile
      ? [['left out', `${pairsInFile - formed} pairs, for want of ${missing.length} photos`] as [string, string]]
      : []),
    ['accuracy', `${accuracy.mean.toFixed(4)} ± ${accuracy.deviation.toFixed(4)}`],
    ['threshold', `${threshold.mean.toFixed(3)} ± ${threshold.deviation.toFixed(3)}, chosen on the other folds`],
    ...(own ? [[`accuracy at ${own.threshold}`, ownText(own)] as [string, string]] : []),
    [
      `VAL at FAR ${validation.wantedFar}`,
      `${val.mean.toFixed(4)} ± ${val.deviation.toFixed(4)}, FAR measured ${far.mean.toFixed(4)}`,
    ],
    ['AUC', validation.auc.toFixed(5)],
    ['EER', validation.eer.toFixed(4)],
  ];
}

function ownText({ accuracy, far, frr }: { accuracy: number; far: number; frr: number }): string {
  return `${accuracy.toFixed(4)}, FAR ${far.toFixed(4)}, FRR ${frr.toFixed(4)}: the embedder's own threshold`;
}

/** The smallest false-accept rate but zero that this many impostor pairs can show, where it is above the wanted one. */
export function sampleWarning({ validation: { impostors, wantedFar } }: ValidationRun): string | null {
  if (impostors * wantedFar >= 1) return null;
  return `${impostors} impostor pairs cannot show a false-accept rate of ${wantedFar}: VAL is at no false accept on the other folds.`;
}

/** A validation as lines for a terminal. */
export function reportLines(run: ValidationRun): string[] {
  const folds = run.validation.folds.map(({ fold, pairs, threshold, accuracy, val, far }) => [
    String(fold + 1),
    String(pairs),
    threshold.toFixed(3),
    accuracy.toFixed(4),
    val.toFixed(4),
    far.toFixed(4),
  ]);
  const missing = run.missing.map(({ photo, message, pairs }) => [photo, message, String(pairs)]);
  const warning = sampleWarning(run);
  return [
    formatTable(['', ''], figuresOf(run)).trimStart(),
    ...(warning === null ? [] : ['', warning]),
    '',
    formatTable(['fold', 'pairs', 'threshold', 'accuracy', 'VAL', 'FAR'], folds),
    ...(missing.length === 0 ? [] : ['', formatTable(['photo left out', 'why', 'pairs'], missing)]),
  ];
}

/** The whole of a validation as plain JSON; the ROC's first threshold, minus infinity, becomes null. */
export function reportJson({ validation, missing, ...run }: ValidationRun) {
  const { worst, ...figures } = validation;
  return {
    ...run,
    missing,
    ...figures,
    worst: { impostors: worst.impostors.map(pairJson), genuine: worst.genuine.map(pairJson) },
  };
}

function pairJson({ pair, distance, wrong }: ScoredPair) {
  const { a, b, fold, first, second } = pair;
  return { a, b, fold, files: [first.path, second.path], distance, wrong };
}
