import { iou } from '../faces/image/box.js';
import type { Pipeline } from '../faces/pipeline/pipeline.js';
import type { EmbeddedPerson, ExampleDetails, Gallery, Person } from '../gallery/gallery.js';
import type { Negative } from '../gallery/negatives.js';
import { euclideanDistance } from '../matching/matcher.js';
import { reasonOf, RostroError } from '../shared/errors.js';
import type { Logger } from '../shared/logger.js';
import { hashPhoto } from './enrolment.js';
import { parseEnrolledName } from './person-name.js';

/** A face that got a wrong name. */
export interface WrongFace {
  readonly embedding: Float32Array;
  /** JPEG bytes. */
  readonly crop: Uint8Array;
  readonly details: ExampleDetails;
}

export interface Corrected {
  readonly name: string;
  /** `already_there`: the person has this negative, and nothing was added. */
  readonly outcome: 'added' | 'already_there';
  readonly negative: Negative;
}

/** Remembers faces that are not of a person although they got their name: negatives. */
export class Correction {
  private readonly stopped = new AbortController();

  constructor(
    private readonly pipeline: Pick<Pipeline, 'run'>,
    private readonly gallery: Gallery,
  ) {}

  /**
   * Adds the face of a photo to the negatives of a person.
   * @param face index of the face where there are several
   * @throws RostroError as {@link add}; `no_face`, `several_faces`, those of the pipeline for invalid photos
   */
  async addPhoto(
    text: string,
    bytes: Uint8Array,
    { face: index, signal }: { readonly face?: number | undefined; readonly signal?: AbortSignal } = {},
  ): Promise<Corrected> {
    const { name } = this.gallery.person(parseEnrolledName(text));
    const found = await this.pipeline.run('enrolmentFace', { bytes, face: index }, signal);
    signal?.throwIfAborted();
    const { crop, boxInCrop, quality, face } = found;
    const details = { confidence: face.confidence, boxInCrop, quality, photoHash: hashPhoto(bytes) };
    return this.add(name, { embedding: face.embedding, crop, details });
  }

  /**
   * Adds a face, unless the person has it as a negative already.
   * @throws RostroError `bad_name`, `person_not_found`, `too_many_negatives`, `storage_failed`; `bad_request` where the face
   *   is an example of the person
   */
  async add(text: string, { embedding, crop, details }: WrongFace): Promise<Corrected> {
    const { gallery } = this;
    const person = await gallery.embeddedPerson(parseEnrolledName(text));
    const { name } = person;
    refuseExample(person, details);
    const same = person.negatives?.find((one) => isSamePhoto(one.details, details));
    if (same) return { name, outcome: 'already_there', negative: same };
    const nearest = nearestExample(person, embedding);
    return {
      name,
      outcome: 'added',
      negative: await gallery.negatives.add(name, { embedding, crop, details, nearest }),
    };
  }

  /** @throws RostroError `bad_name`, `person_not_found`, `example_not_found` */
  crop(text: string, id: string): Promise<Uint8Array> {
    return this.gallery.negatives.crop(parseEnrolledName(text), id);
  }

  /**
   * Computes the embeddings of negatives that another embedder left, from the crops. Negatives whose crop is missing or shows no
   * face stay without effect.
   * @returns the number of embeddings
   * @throws RostroError `storage_failed`, `database_unreachable`; the signal's reason
   */
  async embedMissing(signal?: AbortSignal): Promise<number> {
    let embedded = 0;
    for (const { name, negatives = [] } of this.gallery.people()) {
      for (const negative of negatives.filter(({ embedding }) => embedding === null)) {
        signal?.throwIfAborted();
        if (await this.embed(name, negative, signal).catch(falseIfUnusable)) embedded += 1;
      }
    }
    return embedded;
  }

  /** Computes missing embeddings in the background. */
  async start(log: Pick<Logger, 'info' | 'warn'>): Promise<void> {
    try {
      const embedded = await this.embedMissing(this.stopped.signal);
      if (embedded > 0) log.info({ embedded }, 'the negatives have embeddings of this embedder');
    } catch (error) {
      if (this.stopped.signal.aborted) return;
      log.warn({ reason: reasonOf(error) }, 'not all negatives could be embedded; the next start tries again');
    }
  }

  close(): void {
    this.stopped.abort();
  }

  private async embed(name: string, { id, details }: Negative, signal?: AbortSignal): Promise<boolean> {
    const bytes = await this.gallery.negatives.crop(name, id);
    const { faces } = await this.pipeline.run('analyse', { bytes, toEnrol: true }, signal);
    const [face] = [...faces].sort((a, b) => iou(b.box, details.boxInCrop) - iou(a.box, details.boxInCrop));
    if ((face as typeof face | undefined) === undefined) return false;
    await this.gallery.negatives.embed(name, id, face.embedding);
    return true;
  }
}

/** For each example, the number of negatives that it was nearest to. */
export function wrongMatches({ negatives = [] }: Pick<Person, 'negatives'>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { nearest } of negatives) if (nearest !== null) counts.set(nearest, (counts.get(nearest) ?? 0) + 1);
  return counts;
}

function refuseExample({ name, examples }: Person, details: ExampleDetails): void {
  const own = examples.find((one) => one.details !== null && isSamePhoto(one.details, details));
  if (own === undefined) return;
  throw new RostroError('bad_request', `This photo is an example of "${name}": delete the example.`, {
    details: { example: own.id },
  });
}

/** Two faces of one photo lie at different places of their crops, or differ in confidence. */
function isSamePhoto(a: ExampleDetails, b: ExampleDetails): boolean {
  return (
    a.photoHash !== undefined &&
    a.photoHash === b.photoHash &&
    a.confidence === b.confidence &&
    a.boxInCrop.width === b.boxInCrop.width &&
    a.boxInCrop.height === b.boxInCrop.height
  );
}

function nearestExample({ examples }: EmbeddedPerson, embedding: Float32Array): string | null {
  const distances = examples.map((one) => euclideanDistance(one.embedding, embedding));
  const at = distances.indexOf(Math.min(...distances));
  return at < 0 ? null : examples[at].id;
}

/** A crop that is missing or cannot be used, and a person or negative that is gone meanwhile. */
function falseIfUnusable(error: unknown): false {
  const isUnusable =
    error instanceof RostroError &&
    !['storage_failed', 'database_unreachable', 'not_ready', 'worker_restarted'].includes(error.code);
  if (isUnusable) return false;
  throw error;
}
