import { searchEverybody, type Searches } from '../searches.js';
import type { Samples } from './samples.js';
import { trainClassifier, type Training, type TrainingOptions } from './training/train.js';

export type LearningTask =
  | {
      readonly kind: 'train';
      readonly samples: Samples;
      readonly strangers: Samples;
      readonly options: TrainingOptions;
    }
  | { readonly kind: 'search'; readonly samples: Samples; readonly strangers: Samples };

/** Runs in a thread of its own, because it takes seconds to minutes. */
export default function learn(task: LearningTask): Promise<Training | Searches> {
  const { samples, strangers } = task;
  if (task.kind === 'train') return trainClassifier(samples, strangers, task.options);
  return Promise.resolve(searchEverybody(samples, strangers));
}
