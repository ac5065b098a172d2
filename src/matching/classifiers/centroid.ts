import { rankByDistance, type Classifier } from './classifier.js';
import { rowsByPerson, squaredDistances, type Samples } from './samples.js';

/** The person whose mean embedding is nearest (Rocchio). The means are not brought back to unit length. */
export function trainCentroids(samples: Samples): Classifier {
  const { names, matrix, dimension } = samples;
  const means = new Float32Array(names.length * dimension).fill(Infinity);
  rowsByPerson(samples).forEach((rows, index) => {
    if (rows.length === 0) return;
    for (let i = 0; i < dimension; i++) {
      const sum = rows.reduce((total, row) => total + matrix[row * dimension + i], 0);
      means[index * dimension + i] = sum / rows.length;
    }
  });
  const centroids: Samples = { names, person: Int32Array.from(names.keys()), matrix: means, dimension };
  return { rank: (embedding) => rankByDistance(squaredDistances(centroids, embedding).map(Math.sqrt)) };
}
