import { auc } from '../../shared/statistics/metrics.js';
import { type Classifier, rankByDistance, type Ranking, argMin } from './classifier.js';
import { rowOf, rowsByPerson, type Samples, squaredDistances } from './samples.js';

/** Lower bound of distances: a distance of 0 would outvote everything. Far below the distance of any two photos. */
const SMALLEST_DISTANCE = 1e-6;

const CANDIDATES = [1, 3, 5, 7, 9, 11, 15];

/**
 * Distance-weighted k-NN: the k nearest examples vote with weight 1 / distance (Dudani, 1976). Votes alone cannot
 * reject a stranger, whose neighbours vote too, so the score uses the mean distances of the winner and the runner-up to
 * their own k nearest examples, with the same weights.
 */
export function trainKnn(samples: Samples, k: number): Classifier {
  const rowsOf = rowsByPerson(samples);
  return { rank: (embedding) => rankByVotes(distancesTo(samples, embedding), samples.person, rowsOf, k) };
}

/**
 * Chooses k by leave-one-out: the k that identifies most people; on ties the k whose scores best separate them from
 * strangers, for whom each person stands in, searched among the others.
 */
export function chooseK(samples: Samples): number {
  const rowsOf = rowsByPerson(samples);
  const largest = Math.max(...rowsOf.map(({ length }) => length));
  const candidates = CANDIDATES.filter((k) => k === 1 || k < largest);
  const trials = candidates.map((k) => ({ k, right: 0, scores: [] as number[], known: [] as boolean[] }));
  samples.person.forEach((person, row) => {
    const distances = distancesTo(samples, rowOf(samples, row));
    distances[row] = Infinity;
    const fromOthers = distances.slice();
    for (const own of rowsOf[person]) fromOthers[own] = Infinity;
    for (const trial of trials) {
      const asKnown = rowsOf[person].length > 1 ? rankByVotes(distances, samples.person, rowsOf, trial.k) : null;
      const asStranger = rankByVotes(fromOthers, samples.person, rowsOf, trial.k);
      if (asKnown?.best === person) trial.right++;
      for (const ranking of [asKnown, asStranger]) {
        if (ranking === null) continue;
        trial.scores.push(-ranking.score);
        trial.known.push(ranking === asKnown);
      }
    }
  });
  const rated = trials.map(({ k, right, scores, known }) => ({ k, right, separation: auc(scores, known) }));
  return rated.sort((a, b) => b.right - a.right || b.separation - a.separation)[0].k;
}

/** @param distances to each row; Infinity excludes a row */
function rankByVotes(
  distances: Float64Array,
  person: Int32Array,
  rowsOf: readonly (readonly number[])[],
  k: number,
): Ranking | null {
  const means = Float64Array.from(rowsOf, (rows) => weightedMean(rows, distances, k));
  return rankByDistance(means, { winner: mostVotes(distances, person, rowsOf.length, k) });
}

function mostVotes(distances: Float64Array, person: Int32Array, people: number, k: number): number | null {
  const votes = new Float64Array(people).fill(Infinity);
  for (const row of nearestRows(distances, k)) {
    const before = votes[person[row]] === Infinity ? 0 : votes[person[row]];
    votes[person[row]] = before - 1 / distances[row];
  }
  return argMin(votes, null);
}

/** The rows of the k smallest finite distances, ascending, in one pass. */
function nearestRows(distances: Float64Array, k: number): number[] {
  const nearest: number[] = [];
  for (let row = 0; row < distances.length; row++) {
    const distance = distances[row];
    if (distance === Infinity || (nearest.length === k && distance >= distances[nearest[k - 1]])) continue;
    let place = nearest.length;
    while (place > 0 && distances[nearest[place - 1]] > distance) place--;
    nearest.splice(place, 0, row);
    if (nearest.length > k) nearest.pop();
  }
  return nearest;
}

/** Σ w·d / Σ w with w = 1 / d is the harmonic mean: n / Σ (1 / d). */
function weightedMean(rows: readonly number[], distances: Float64Array, k: number): number {
  const nearest = rows
    .map((row) => distances[row])
    .filter((distance) => distance < Infinity)
    .sort((a, b) => a - b)
    .slice(0, k);
  return nearest.length === 0 ? Infinity : nearest.length / nearest.reduce((sum, distance) => sum + 1 / distance, 0);
}

function distancesTo(samples: Samples, embedding: Float32Array): Float64Array {
  return squaredDistances(samples, embedding).map((squared) => Math.max(SMALLEST_DISTANCE, Math.sqrt(squared)));
}

/** Nearest centroid: the person with the nearest mean embedding (Rocchio). The means are not normalised. */
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

/** 1-NN: the person of the nearest example. The score is that distance alone, as in the original system. */
export function trainNearest(samples: Samples): Classifier {
  return {
    rank: (embedding) => rankByDistance(nearestPerPerson(samples, embedding).map(Math.sqrt), { rivalWeight: 0 }),
  };
}

/** @returns the squared distance to the nearest example of each person; Infinity for people without examples */
function nearestPerPerson(samples: Samples, embedding: Float32Array): Float64Array {
  const nearest = new Float64Array(samples.names.length).fill(Infinity);
  squaredDistances(samples, embedding).forEach((squared, row) => {
    const person = samples.person[row];
    if (squared < nearest[person]) nearest[person] = squared;
  });
  return nearest;
}
