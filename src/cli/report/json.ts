import type { ScoredPair } from '../../evaluation/validate.js';
import type { ValidationRun } from '../validate.js';

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
