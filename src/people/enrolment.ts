import { createHash } from 'node:crypto';
import type { FaceQuality } from '../faces/image/quality.js';
import type { JudgedFace, Pipeline } from '../faces/pipeline/pipeline.js';
import { idTaken } from '../gallery/errors.js';
import {
  type Example,
  type Gallery,
  type NewExample,
  type Person,
  type PersonDetails,
  patchDetails,
  type PersonPatch,
  resolvePatch,
  sameDetails,
} from '../gallery/gallery.js';
import { RostroError } from '../shared/errors.js';
import { type ConsentPolicy, requireConsent } from './consent.js';
import { parsePersonDetails } from './person-details.js';
import { nameFromFileName, parsePersonName } from './person-name.js';
import { doubtOf, doubtSentence } from './unlikely-name.js';
import { type EnrolmentWarning, judgeQuality, type QualityPolicy } from './quality-gate.js';
import { duplicateWarnings, sameExample } from './same-photo.js';

export interface PhotoToEnrol {
  readonly bytes: Uint8Array;
  /** As given by the client; contains the name of the person where `name` is not given. */
  readonly fileName: string | undefined;
  /** Overrides the file name. */
  readonly name: string | undefined;
  /** Details of the person. Groups are added to the existing ones. */
  readonly details?: Partial<PersonDetails> | undefined;
  /** Index of the face to enrol, in the list that the error `several_faces` gave for this photo. */
  readonly face?: number | undefined;
  /** Whether the webcam of the page took the photo: with `livingWebcam`, the person must be judged `live`. */
  readonly webcam?: boolean | undefined;
  /** Id of the sender's access key, which may erase the example again for a while: see `Erasure.example`. */
  readonly addedBy?: string | undefined;
  /** Cancels the enrolment. A write that has started is completed. */
  readonly signal?: AbortSignal;
}

export interface Enrolled extends JudgedFace {
  readonly name: string;
  /** `already_there`: the person has this photo, and nothing was added. */
  readonly outcome: 'enrolled' | 'already_there';
  /** Id of the example. */
  readonly example: string;
  /** Paths relative to the data folder. */
  readonly crop: string;
  readonly embedding: string;
  readonly quality: FaceQuality;
  /** How far the photo lay turned clockwise, degrees. The crop is upright; box and landmarks are in the photo as it was sent. */
  readonly rotated: 0 | 90 | 180 | 270;
  /** Problems that did not prevent the enrolment, and enrolled people with a similar name. */
  readonly warnings: readonly EnrolmentWarning[];
}

/** A processed photo that can be stored as an example. */
export interface PreparedExample {
  readonly face: JudgedFace;
  readonly example: NewExample;
  readonly quality: FaceQuality;
  readonly rotated: Enrolled['rotated'];
  readonly warnings: readonly EnrolmentWarning[];
}

/** Enrols photos in the gallery. */
export class Enrolment {
  constructor(
    private readonly pipeline: Pipeline,
    private readonly gallery: Gallery,
    private readonly policy: QualityPolicy,
    /** Whether a photo of the webcam must show a living person. */
    private readonly livingWebcam = false,
    /** The gallery refuses new people without consent; here before their photo is processed. */
    readonly consent: ConsentPolicy = 'optional',
  ) {}

  /**
   * Checks the name and the details before it processes the photo; whether the name of a file is a person's, afterwards:
   * what is wrong with the photo comes first. Resolves when the example is synced to the disk.
   * @throws RostroError `bad_name`, `unclear_name`, `person_exists`, `id_taken`, `bad_details`, `consent_required`, `no_face`,
   *   `several_faces`, `face_too_small`, `not_live`, those of the pipeline for invalid photos, `storage_failed`; the
   *   signal's reason
   */
  async enrol({
    bytes,
    fileName,
    name,
    details: given,
    face: faceIndex,
    webcam,
    addedBy,
    signal,
  }: PhotoToEnrol): Promise<Enrolled> {
    const person = personNameOf(fileName, name);
    checkPatch(person, given ?? {}, this.gallery);
    requireConsent(this.consent, given ?? {}, this.gallery.people().find(({ name }) => name === person) ?? null);
    const prepared = await this.prepare(bytes, faceIndex, signal, webcam);
    if (!name) checkLikely(person);
    if (webcam && this.livingWebcam) checkLiving(prepared.face);
    if (addedBy === undefined) return this.store(person, prepared, given);
    const { example } = prepared;
    const details = { ...example.details, addedBy };
    return this.store(person, { ...prepared, example: { ...example, details } }, given);
  }

  /**
   * Stores a prepared example, unless the person has an example of the same photo. Their details change in both cases.
   * @param name as returned by `parsePersonName`
   * @throws RostroError `person_exists`, `id_taken`, `bad_details`, `consent_required`, `storage_failed`; what `patch` throws
   */
  async store(name: string, prepared: PreparedExample, patch: PersonPatch = {}): Promise<Enrolled> {
    const { example } = prepared;
    const known = this.gallery.people().find((person) => person.name === name);
    const same = known && sameExample(known, example.details);
    if (same) return this.keep(name, same, prepared, patch);
    const further = [
      ...similarName(known ? [] : this.gallery.similarNames(name)),
      ...(this.policy.gate === 'off' ? [] : duplicateWarnings(this.gallery.people(), name, example.details)),
    ];
    try {
      const { example: added } = await this.gallery.add(name, example, (current) => {
        const enrolledMeanwhile = current && sameExample(current, example.details);
        if (enrolledMeanwhile) throw new AlreadyThere(enrolledMeanwhile);
        return mergePatch(resolvePatch(patch, current), current);
      });
      return this.resultOf('enrolled', name, added, prepared, further);
    } catch (error) {
      if (error instanceof AlreadyThere) return this.keep(name, error.example, prepared, patch);
      throw error;
    }
  }

  /** Changes the details only. */
  private async keep(name: string, same: Example, prepared: PreparedExample, patch: PersonPatch): Promise<Enrolled> {
    const merged = (current: Person) => mergePatch(resolvePatch(patch, current), current);
    const person = this.gallery.person(name);
    if (!sameDetails(person, patchDetails(person, merged(person)))) {
      await this.gallery.describe(name, (current) => merged(current ?? person));
    }
    return this.resultOf('already_there', name, same, prepared);
  }

  private resultOf(
    outcome: Enrolled['outcome'],
    name: string,
    { id, crop }: Example,
    { face, quality, rotated, warnings }: PreparedExample,
    further: readonly EnrolmentWarning[] = [],
  ): Enrolled {
    const embedding = this.gallery.embeddingFileOf(name);
    return {
      ...face,
      name,
      outcome,
      example: id,
      crop: crop!,
      embedding,
      quality,
      rotated,
      warnings: [...further, ...warnings],
    };
  }

  /**
   * Processes a photo without storing it.
   * @param faceIndex index of the face to enrol where there are several
   * @throws RostroError `no_face`, `several_faces`, `face_too_small`, those of the pipeline for invalid photos; the
   *   signal's reason
   */
  async prepare(
    bytes: Uint8Array,
    faceIndex?: number,
    signal?: AbortSignal,
    upright?: boolean,
  ): Promise<PreparedExample> {
    const { face, crop, boxInCrop, quality, cutOff, rotated, ...photo } = await this.pipeline.run(
      'enrolmentFace',
      { bytes, face: faceIndex, upright },
      signal,
    );
    signal?.throwIfAborted();
    const warnings = [...judgeQuality(quality, this.policy, cutOff), ...photo.warnings];
    const { box, confidence, landmarks, embedding, live } = face;
    const example = { embedding, crop, details: { confidence, boxInCrop, quality, photoHash: hashPhoto(bytes) } };
    return { face: { box, confidence, landmarks, live }, example, quality, rotated, warnings };
  }
}

/** Cancels a write. */
class AlreadyThere extends Error {
  constructor(readonly example: Example) {
    super('The person has an example of this photo.');
  }
}

function personNameOf(fileName: string | undefined, name: string | undefined): string {
  if (name !== undefined && name !== '') return parsePersonName(name);
  if (fileName !== undefined && fileName !== '') return nameFromFileName(fileName);
  throw new RostroError('bad_name', 'The photo has neither a file name nor a field "name" to enrol it under.');
}

/**
 * Refuses the name of a file that a camera or an app gave. Numbers are allowed: they may be those of employees.
 * @throws RostroError `unclear_name`
 */
function checkLikely(fromFile: string): void {
  const doubt = doubtOf(fromFile);
  if (doubt === null || doubt === 'number') return;
  throw new RostroError(
    'unclear_name',
    `${doubtSentence(fromFile, doubt)} Give the name of the person with the photo.`,
  );
}

/** @throws RostroError `not_live` */
function checkLiving({ live }: JudgedFace): void {
  if (live?.verdict === 'live') return;
  const message =
    live?.verdict === 'unsure'
      ? 'It is not certain that the face is that of a living person: come closer, into better light, with the whole face in the picture.'
      : 'The face looks like a picture of a person. Only living people can be enrolled from the webcam.';
  throw new RostroError('not_live', message, { details: { live } });
}

/**
 * Combines the details of a new photo with those of the person: groups are added, metadata is replaced. Refuses
 * another id, because that is probably another person with the same name.
 * @param current the enrolled person with that name; null where there is none
 * @throws RostroError `person_exists`, `bad_details`
 */
export function mergePatch(given: Partial<PersonDetails>, current: Person | null): Partial<PersonDetails> {
  if (Object.keys(given).length === 0) return given;
  const own = current?.id ?? null;
  if (current && own !== null && given.id && given.id !== own) {
    throw new RostroError('person_exists', `"${current.name}" is already enrolled, with the id "${own}".`);
  }
  const groups = given.groups && [...(current?.groups ?? []), ...given.groups];
  return parsePersonDetails({ ...given, ...(groups && { groups }) });
}

/**
 * Checks early, before the photo is processed, whether the gallery would accept the details.
 * @throws RostroError `person_exists`, `id_taken`, `bad_details`
 */
export function checkPatch(name: string, given: Partial<PersonDetails>, gallery: Pick<Gallery, 'people'>): void {
  const everyone = gallery.people();
  const owner = given.id && everyone.find((person) => person.id === given.id);
  if (owner && owner.name !== name) throw idTaken(owner.id!, owner);
  mergePatch(given, everyone.find((person) => person.name === name) ?? null);
}

/** @param similar enrolled names that are easily taken for the one of a new person @returns one warning at most */
export function similarName(similar: readonly string[]): EnrolmentWarning[] {
  if (similar.length === 0) return [];
  const others = similar.map((other) => `"${other}"`).join(', ');
  const message = `A new person was enrolled, and ${others} is enrolled already: if they are the same, merge them.`;
  return [{ code: 'similar_name', message }];
}

/** SHA-256 of a photo file, hexadecimal: enrolments and imports recognise a photo that is already enrolled. */
export function hashPhoto(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
