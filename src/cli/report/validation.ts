import type { MissingPhoto } from '../../evaluation/pairs.js';
import type { ScoredPair, Validation } from '../../evaluation/validate.js';
import type { FlipMode } from '../../shared/statistics/vectors.js';
import { formatTable } from '../output.js';

/** A finished validation and its settings. */
export interface ValidationRun {
  readonly validation: Validation;
  readonly missing: readonly MissingPhoto[];
  readonly pairsInFile: number;
  readonly embedder: string;
  readonly contract: string;
  readonly detector: string;
  readonly flip: FlipMode | null;
  readonly subtractMean: boolean;
}

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

/** Warns if the impostor pairs are too few to measure the wanted false-accept rate. */
export function sampleWarning({ validation: { impostors, wantedFar } }: ValidationRun): string | null {
  if (impostors * wantedFar >= 1) return null;
  return `${impostors} impostor pairs cannot show a false-accept rate of ${wantedFar}: VAL is at no false accept on the other folds.`;
}

/** A validation as lines of text. */
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

/** A validation as plain JSON. The first threshold of the ROC, minus infinity, becomes null. */
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
