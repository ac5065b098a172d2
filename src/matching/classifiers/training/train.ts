import { chooseK, trainCentroids, trainKnn, trainNearest } from '../instance-based.js';
import type { Classifier, ClassifierKind, Train } from '../classifier.js';
import type { Samples } from '../samples.js';
import { svmClassifier, type SvmOptions, type SvmState, trainSvm } from '../svm/classifier.js';
import { loadLibsvm } from '../svm/libsvm.js';
import { decide, type Decision } from './decision.js';
import { holdOut, MIN_PEOPLE_TO_LEAVE_OUT } from './held-out.js';
import { reportOf, type TrainingReport } from './report.js';

export interface TrainingOptions {
  readonly kind: ClassifierKind;
  readonly kernel: SvmOptions['kernel'];
  /** Wanted share of strangers who are given a name, 0..1. */
  readonly far: number;
}

/** What a classifier has learnt, besides the samples themselves. */
export type ClassifierState =
  | { readonly kind: 'nearest' | 'centroid' }
  | { readonly kind: 'knn'; readonly k: number }
  | { readonly kind: 'svm'; readonly svm: SvmState };

export interface Training {
  readonly state: ClassifierState;
  readonly decision: Decision;
  readonly report: TrainingReport;
}

/** libsvm's C. With 1 and with 10 the development photos give the same names but for one in a hundred at most. */
const SVM_COST = 10;

/**
 * Why these samples cannot train a classifier with an "unknown", in one sentence; null where they can.
 * @param strangers how many there are to choose the cut-off on
 */
export function whyUntrainable({ names, person }: Samples, strangers: number): string | null {
  if (names.length < 2) return `a classifier needs at least two people, and there ${isAre(names.length)}`;
  if (person.length === names.length) return 'a classifier needs two examples of somebody, and everyone has only one';
  if (strangers === 0 && names.length < MIN_PEOPLE_TO_LEAVE_OUT) {
    return 'with two people and no photos of strangers there is nobody to choose on where "unknown" begins';
  }
  return null;
}

function isAre(count: number): string {
  return count === 1 ? 'is one' : 'are none';
}

/**
 * Trains on all samples, and on parts of them to choose where "unknown" begins and to tell how good it is. Blocks for
 * seconds to minutes.
 * @param samples such that `whyUntrainable` has nothing to say
 */
export async function trainClassifier(
  samples: Samples,
  strangers: Samples,
  options: TrainingOptions,
): Promise<Training> {
  const learn = await learner(samples, options);
  const trainPart: Train = (part, others) => classifierOf(learn(part, others), part, others);
  const heldOut = holdOut(trainPart, samples, strangers);
  const decision = decide(heldOut.faces, options.far);
  const report = reportOf(samples.names, samples.person.length, heldOut, decision);
  return { state: learn(samples, strangers), decision, report };
}

/** The classifier of a state, over the samples that it was trained on. */
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

async function learner(samples: Samples, { kind, kernel }: TrainingOptions): Promise<Learn> {
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
