import { RostroError } from '../shared/errors.js';
import type { EmbeddedExample, ExampleDetails, Removal } from './example.js';

/** A face that is not of the person: it got their name, and a user corrected that. */
export interface Negative {
  /** Unique within the person, safe in a URL and in a file name. */
  readonly id: string;
  /** As `Example.crop`. */
  readonly crop: string | null;
  /** ISO 8601, UTC. */
  readonly addedAt: string;
  readonly details: ExampleDetails;
  /** Id of the person's example that was nearest to the face when it was added; null where it is not known. */
  readonly nearest: string | null;
  /** Of the running embedder; null after a change of the embedder, until it is computed from the crop. */
  readonly embedding: Float32Array | null;
}

export interface NewNegative extends Pick<Negative, 'details' | 'nearest'> {
  readonly embedding: Float32Array;
  /** JPEG bytes. */
  readonly crop: Uint8Array;
}

/** A negative with the bytes of its crop, for copies between galleries and archives. */
export interface FullNegative extends Omit<Negative, 'crop'> {
  readonly crop: Uint8Array | null;
}

/** More would not help: a person with so many wrong matches needs other examples or a lower threshold. */
export const MAX_NEGATIVES = 100;

/** The part of a gallery that changes negatives. Writes as those of the gallery. */
export interface Negatives {
  /** @throws RostroError `person_not_found`; `too_many_negatives` beyond `MAX_NEGATIVES` */
  add(name: string, negative: NewNegative): Promise<Negative>;
  /** Stores the embedding of the running embedder. @throws RostroError `person_not_found`, `example_not_found` */
  embed(name: string, id: string, embedding: Float32Array): Promise<void>;
  /** @throws RostroError `person_not_found`, `example_not_found` */
  remove(name: string, id: string): Promise<Removal>;
  /** JPEG bytes. @throws RostroError `person_not_found`; `example_not_found`, also where no crop was stored */
  crop(name: string, id: string): Promise<Uint8Array>;
}

interface WithNegatives {
  readonly name: string;
  readonly negatives?: readonly Negative[] | undefined;
}

/** @throws RostroError `example_not_found` */
export function negativeOf({ name, negatives = [] }: WithNegatives, id: string): Negative {
  const found = negatives.find((one) => one.id === id);
  if (!found) throw new RostroError('example_not_found', `"${name}" has no negative "${id}".`);
  return found;
}

/** The person with these negatives; without the field where there are none. */
export function withNegatives<T extends WithNegatives>(person: T, negatives: readonly Negative[]): T {
  const changed: T & { negatives?: readonly Negative[] | undefined } = { ...person, negatives };
  if (negatives.length === 0) delete changed.negatives;
  return changed;
}

/** @throws RostroError `example_not_found` */
export function noCropOfNegative({ name }: WithNegatives): RostroError {
  return new RostroError('example_not_found', `No photo was kept of this negative of "${name}".`);
}

/** @throws RostroError `too_many_negatives` */
export function refuseTooMany({ name, negatives = [] }: WithNegatives): void {
  if (negatives.length < MAX_NEGATIVES) return;
  throw new RostroError(
    'too_many_negatives',
    `"${name}" has ${MAX_NEGATIVES} negatives: lower the threshold, replace the examples with many wrong matches, or delete negatives.`,
    { details: { limit: MAX_NEGATIVES } },
  );
}

/**
 * The negatives with their crops, as a part of a `FullPerson`.
 * @param crop reads a crop; null where it cannot be read
 */
export async function fullNegatives(
  { negatives }: Pick<WithNegatives, 'negatives'>,
  crop: (id: string) => Promise<Uint8Array | null>,
): Promise<{ negatives?: readonly FullNegative[] }> {
  if (negatives === undefined) return {};
  const full: FullNegative[] = [];
  for (const one of negatives) full.push({ ...one, crop: one.crop === null ? null : await crop(one.id) });
  return { negatives: full };
}

interface Embedded {
  readonly examples: readonly EmbeddedExample[];
  readonly negatives?: readonly Negative[] | undefined;
}

/**
 * The negatives of two people who become one. A negative of one that is nearer to the examples of the other is dropped: it
 * was probably a photo of the other. The oldest beyond `MAX_NEGATIVES` are dropped.
 */
export function negativesAfterMerge(from: Embedded, into: Embedded): { from: Negative[]; into: Negative[] } {
  const kept = (own: Embedded, other: Embedded) =>
    (own.negatives ?? []).filter(
      ({ embedding }) => embedding === null || squaredToNearest(embedding, own) <= squaredToNearest(embedding, other),
    );
  const [own, moved] = [kept(into, from), kept(from, into)];
  const left = new Set([...own, ...moved].sort((a, b) => (a.addedAt < b.addedAt ? -1 : 1)).slice(-MAX_NEGATIVES));
  return { from: moved.filter((one) => left.has(one)), into: own.filter((one) => left.has(one)) };
}

function squaredToNearest(embedding: Float32Array, { examples }: Embedded): number {
  const squared = examples.map((one) => embedding.reduce((sum, value, i) => sum + (value - one.embedding[i]) ** 2, 0));
  return Math.min(...squared);
}
