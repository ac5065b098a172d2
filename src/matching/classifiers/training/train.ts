import { chooseK, trainCentroids, trainKnn, trainNearest } from '../instance-based.js';
import type { Classifier, ClassifierKind, Train } from '../classifier.js';
import type { Samples } from '../samples.js';
import { svmClassifier, type SvmOptions, type SvmState, trainSvm } from '../svm/svm.js';
import { loadLibsvm } from '../svm/libsvm.js';
import { decide, type Decision } from './decision.js';
import { holdOut, MIN_PEOPLE_TO_LEAVE_OUT } from './held-out.js';
import { trainingReport, type TrainingReport } from './report.js';

export interface TrainingOptions {
  readonly kind: ClassifierKind;
  readonly kernel: SvmOptions['kernel'];
  /** Wanted share of strangers who get a name, 0..1. */
  readonly far: number;
}

/** The learned parameters of a classifier, without the samples. */
export type ClassifierState =
  | { readonly kind: 'nearest' | 'centroid' }
  | { readonly kind: 'knn'; readonly k: number }
  | { readonly kind: 'svm'; readonly svm: SvmState };

export interface Training {
  readonly state: ClassifierState;
  readonly decision: Decision;
  readonly report: TrainingReport;
}

/** libsvm's C. 1 and 10 give the same names for at least 99 % of the development photos. */
const SVM_COST = 10;

/**
 * Why a classifier with "unknown" cannot be trained on these samples, in one sentence; null when it can.
 * @param strangers number of strangers to choose the cut-off with
 */
export function untrainableReason({ names, person }: Samples, strangers: number): string | null {
  if (names.length < 2) return `a classifier needs at least two people, and there ${isAre(names.length)}`;
  if (person.length === names.length) return 'a classifier needs two examples of at least one person';
  if (strangers === 0 && names.length < MIN_PEOPLE_TO_LEAVE_OUT) {
    return 'with two people and no photos of strangers, the cut-off for "unknown" cannot be chosen';
  }
  return null;
}

function isAre(count: number): string {
  return count === 1 ? 'is one' : 'are none';
}

/**
 * Trains on all samples, and on parts of them to choose the cut-off for "unknown" and to measure the accuracy. Blocks
 * for seconds to minutes.
 * @param samples for which `untrainableReason` returns null
 */
export async function trainClassifier(
  samples: Samples,
  strangers: Samples,
  options: TrainingOptions,
): Promise<Training> {
  const learn = await createLearner(samples, options);
  const trainPart: Train = (part, others) => classifierOf(learn(part, others), part, others);
  const heldOut = holdOut(trainPart, samples, strangers);
  const decision = decide(heldOut.faces, options.far);
  const report = trainingReport(samples.names, samples.person.length, heldOut, decision);
  return { state: learn(samples, strangers), decision, report };
}

/** Restores a classifier from its state and its training samples. */
export function classifierOf(state: ClassifierState, samples: Samples, strangers: Samples): Classifier {
  switch (state.kind) {
    case 'nearest':
      return trainNearest(samples);
    case 'centroid':
      return trainCentroids(samples);
    case 'knn':
      return trainKnn(samples, state.k);
    case 'svm':
      return svmClassifier(state.svm, samples, strangers);
  }
}

type Learn = (samples: Samples, strangers: Samples) => ClassifierState;

async function createLearner(samples: Samples, { kind, kernel }: TrainingOptions): Promise<Learn> {
  if (kind === 'svm') {
    const libsvm = await loadLibsvm();
    const options = { kernel, cost: SVM_COST };
    return (part, others) => ({ kind, svm: trainSvm(libsvm, part, others, options) });
  }
  if (kind === 'knn') {
    const k = chooseK(samples);
    return () => ({ kind, k });
  }
  return () => ({ kind });
}
