import { rankByDistance, type Classifier } from './classifier.js';
import { nearestPerPerson } from './nearest.js';
import type { Samples } from './samples.js';

/** The person of the nearest example; the score is that distance alone, so its cut-off is the original system's rule. */
export function trainNearest(samples: Samples): Classifier {
  return {
    rank: (embedding) => rankByDistance(nearestPerPerson(samples, embedding).map(Math.sqrt), { rivalWeight: 0 }),
  };
}
