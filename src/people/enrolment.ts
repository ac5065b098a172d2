import { createHash } from 'node:crypto';
import type { FaceQuality } from '../faces/image/quality.js';
import type { Face, Pipeline } from '../faces/pipeline/pipeline.js';
import {
  type Gallery,
  idTaken,
  type NewExample,
  type Person,
  type PersonDetails,
  type Said,
  saidOf,
} from '../gallery/gallery.js';
import { RostroError } from '../shared/errors.js';
import { parsePersonDetails } from './person-details.js';
import { nameFromFileName, parsePersonName } from './person-name.js';
import { judgeQuality, type QualityPolicy, type QualityWarning } from './quality-gate.js';

export interface PhotoToEnrol {
  readonly bytes: Uint8Array;
  /** As the client gave it; the identity where no name is given. */
  readonly fileName: string | undefined;
  /** Overrides the file's name. */
  readonly name: string | undefined;
  /** Said of the person with this photo; the groups join those that they are in. */
  readonly details?: Partial<PersonDetails> | undefined;
  /** Which of several faces is meant: its place in the list that `several_faces` gave for this photo. */
  readonly face?: number | undefined;
  /** Until the example is being written, which is always finished. */
  readonly signal?: AbortSignal;
}

export interface Enrolled extends Face {
  readonly name: string;
  /** The example's id within the person. */
  readonly example: string;
  /** Paths relative to the data folder. */
  readonly crop: string;
  readonly embedding: string;
  readonly quality: FaceQuality;
  /** What is wrong with it as an example; it was enrolled all the same. */
  readonly warnings: readonly QualityWarning[];
}

/** A photo that has been looked at and may become an example; nothing of it is kept yet. */
export interface PreparedExample {
  readonly face: Face;
  readonly example: NewExample;
  readonly quality: FaceQuality;
  readonly warnings: readonly QualityWarning[];
}

/** Takes photos named after the person in them into the gallery. */
export class Enrolment {
  constructor(
    private readonly pipeline: Pipeline,
    private readonly gallery: Gallery,
    private readonly policy: QualityPolicy,
  ) {}

  /**
   * The name and the id are checked before any work, the reply comes after the example is safe on the disk.
   * @throws RostroError `bad_name`, `person_exists`, `id_taken`, `bad_details`, `no_face`, `several_faces`, `face_too_small`, those of the pipeline for unusable photos,
   *   `storage_failed`; the signal's reason
   */
  async enrol({ bytes, fileName, name, details: given, face: wanted, signal }: PhotoToEnrol): Promise<Enrolled> {
    const person = identity(fileName, name);
    refuseAddition(person, given ?? {}, this.gallery);
    return this.keep(person, await this.prepare(bytes, wanted, signal), given);
  }

  /**
   * Takes a prepared example into the gallery, together with what is known of the person then.
   * @param name as `parsePersonName` gives it
   * @throws RostroError `person_exists`, `id_taken`, `bad_details`, `storage_failed`, what `said` throws
   */
  async keep(name: string, prepared: PreparedExample, said: Said = {}): Promise<Enrolled> {
    const { face, example, quality, warnings } = prepared;
    const { example: added, embeddingFile } = await this.gallery.add(name, example, (known) =>
      detailsToAdd(saidOf(said, known), known),
    );
    return {
      ...face,
      name,
      example: added.id,
      crop: added.crop!,
      embedding: embeddingFile,
      quality,
      warnings,
    };
  }

  /**
   * Makes an example of a photo and does not keep it.
   * @param wanted which of several faces is meant
   * @throws RostroError `no_face`, `several_faces`, `face_too_small`, those of the pipeline for unusable photos; the signal's reason
   */
  async prepare(bytes: Uint8Array, wanted?: number, signal?: AbortSignal): Promise<PreparedExample> {
    const { face, crop, boxInCrop, quality } = await this.pipeline.portrait(bytes, wanted, signal);
    signal?.throwIfAborted();
    const warnings = judgeQuality(quality, this.policy);
    const { box, confidence, landmarks, embedding } = face;
    const example = { embedding, crop, details: { confidence, boxInCrop, quality, photoHash: hashPhoto(bytes) } };
    return { face: { box, confidence, landmarks }, example, quality, warnings };
  }
}

function identity(fileName: string | undefined, name: string | undefined): string {
  if (name !== undefined && name !== '') return parsePersonName(name);
  if (fileName !== undefined && fileName !== '') return nameFromFileName(fileName);
  throw new RostroError('bad_name', 'The photo has neither a file name nor a field "name" to enrol it under.');
}

/**
 * What a further photo says of a person, put together with what is known: groups join, metadata is replaced. Another id
 * than theirs means somebody else of the same name, who must not become one with them unasked.
 * @param known whoever bears the name; null for nobody
 * @throws RostroError `person_exists`, `bad_details`
 */
export function detailsToAdd(given: Partial<PersonDetails>, known: Person | null): Partial<PersonDetails> {
  if (Object.keys(given).length === 0) return given;
  const own = known?.id ?? null;
  if (known && own !== null && given.id && given.id !== own) {
    throw new RostroError('person_exists', `"${known.name}" is already enrolled, with the id "${own}".`);
  }
  const groups = given.groups && [...(known?.groups ?? []), ...given.groups];
  return parsePersonDetails({ ...given, ...(groups && { groups }) });
}

/**
 * Tells before any work what the gallery would refuse as it is now.
 * @throws RostroError `person_exists`, `id_taken`, `bad_details`
 */
export function refuseAddition(name: string, given: Partial<PersonDetails>, gallery: Pick<Gallery, 'people'>): void {
  const everyone = gallery.people();
  const bearer = given.id && everyone.find((person) => person.id === given.id);
  if (bearer && bearer.name !== name) throw idTaken(bearer.id!, bearer);
  detailsToAdd(given, everyone.find((person) => person.name === name) ?? null);
}

/** SHA-256 of a photo's bytes, hexadecimal: the same photo of the same person is not enrolled twice by an import. */
export function hashPhoto(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
