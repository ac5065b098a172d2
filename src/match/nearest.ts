import { smallestBut } from './classifier.js';
import type { Match, Matcher } from './matcher.js';
import { samplesOf, squaredDistances, type NamedExamples, type Samples } from './samples.js';

/** The part of a gallery that a nearest-example search reads. */
export interface SearchableGallery {
  /** Grows with every change. */
  readonly version: number;
  people(): readonly NamedExamples[];
}

/** Plain Euclidean distance; throws where the lengths differ, because such a distance would mean nothing. */
export function euclideanDistance(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) throw new Error(`embeddings of ${a.length} and ${b.length} values cannot be compared`);
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return Math.sqrt(sum);
}

/** Names the person of the nearest example when it is within the threshold: the original system's rule. */
export class NearestMatcher implements Matcher {
  readonly id = 'nearest';
  private known: { readonly version: number; readonly samples: Samples } | null = null;

  constructor(private readonly gallery: SearchableGallery) {}

  match(embedding: Float32Array, threshold: number): Match {
    const samples = this.currentSamples();
    const squared = nearestPerPerson(samples, embedding);
    const first = smallestBut(squared, null);
    if (first === null) return { name: null, nearest: null, distance: null, runnerUp: null, margin: null };

    const distance = Math.sqrt(squared[first]);
    const second = smallestBut(squared, first);
    const runnerUp = second === null ? null : { name: samples.names[second], distance: Math.sqrt(squared[second]) };
    return {
      name: distance <= threshold ? samples.names[first] : null,
      nearest: samples.names[first],
      distance,
      runnerUp,
      margin: runnerUp && runnerUp.distance - distance,
    };
  }

  private currentSamples(): Samples {
    const { version } = this.gallery;
    if (this.known?.version !== version) this.known = { version, samples: samplesOf(this.gallery.people()) };
    return this.known.samples;
  }
}

/** @returns the squared distance to the nearest example of each person; Infinity for one without examples */
export function nearestPerPerson(samples: Samples, embedding: Float32Array): Float64Array {
  const nearest = new Float64Array(samples.names.length).fill(Infinity);
  squaredDistances(samples, embedding).forEach((squared, row) => {
    const person = samples.person[row];
    if (squared < nearest[person]) nearest[person] = squared;
  });
  return nearest;
}
