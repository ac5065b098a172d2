import { searchDistances, type SearchDistances } from '../thresholds/search-distances.js';
import type { Samples } from './samples.js';
import { trainClassifier, type Training, type TrainingOptions } from './training/train.js';

export type TrainingTask =
  | {
      readonly kind: 'train';
      readonly samples: Samples;
      readonly strangers: Samples;
      readonly options: TrainingOptions;
    }
  | { readonly kind: 'search'; readonly samples: Samples; readonly strangers: Samples };

/** Entry point of the training thread; a task takes seconds to minutes. */
export default function runTask(task: TrainingTask): Promise<Training | SearchDistances> {
  const { samples, strangers } = task;
  if (task.kind === 'train') return trainClassifier(samples, strangers, task.options);
  return Promise.resolve(searchDistances(samples, strangers));
}
