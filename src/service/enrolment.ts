import { createHash } from 'node:crypto';
import { RostroError } from '../errors.js';
import type { Face, Pipeline } from '../pipeline/pipeline.js';
import type { Gallery, PersonDetails } from '../store/gallery.js';
import type { FaceQuality } from '../vision/quality.js';
import { judgeQuality, type QualityPolicy, type QualityWarning } from './quality-gate.js';
import { detailsToAdd } from './added-details.js';
import { nameFromFileName, parsePersonName } from './person-name.js';

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
    detailsToAdd(person, given ?? {}, this.gallery);
    const { face, crop, boxInCrop, quality } = await this.pipeline.portrait(bytes, wanted, signal);
    signal?.throwIfAborted();
    const warnings = judgeQuality(quality, this.policy);
    const { box, confidence, landmarks, embedding } = face;
    const photoHash = createHash('sha256').update(bytes).digest('hex');
    const details = { confidence, boxInCrop, quality, photoHash };
    const said = detailsToAdd(person, given ?? {}, this.gallery);
    const { example, embeddingFile } = await this.gallery.add(person, { embedding, crop, details }, said);
    return {
      name: person,
      example: example.id,
      box,
      confidence,
      landmarks,
      crop: example.crop!,
      embedding: embeddingFile,
      quality,
      warnings,
    };
  }
}

function identity(fileName: string | undefined, name: string | undefined): string {
  if (name !== undefined && name !== '') return parsePersonName(name);
  if (fileName !== undefined && fileName !== '') return nameFromFileName(fileName);
  throw new RostroError('bad_name', 'The photo has neither a file name nor a field "name" to enrol it under.');
}
