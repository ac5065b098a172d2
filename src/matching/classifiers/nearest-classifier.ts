import { rankByDistance, type Classifier } from './classifier.js';
import { squaredDistances, type Samples } from './samples.js';

/** The person of the nearest example; the score is that distance alone, so its cut-off is the original system's rule. */
export function trainNearest(samples: Samples): Classifier {
  return {
    rank: (embedding) => rankByDistance(nearestPerPerson(samples, embedding).map(Math.sqrt), { rivalWeight: 0 }),
  };
}

/** @returns the squared distance to the nearest example of each person; Infinity for one without examples */
function nearestPerPerson(samples: Samples, embedding: Float32Array): Float64Array {
  const nearest = new Float64Array(samples.names.length).fill(Infinity);
  squaredDistances(samples, embedding).forEach((squared, row) => {
    const person = samples.person[row];
    if (squared < nearest[person]) nearest[person] = squared;
  });
  return nearest;
}
