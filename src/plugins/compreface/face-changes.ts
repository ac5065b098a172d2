import { z } from 'zod';
import type { PersonPatch } from '../../gallery/gallery.js';
import type { Enrolment, PreparedExample } from '../../people/enrolment.js';
import { parsePersonName } from '../../people/person-name.js';
import type { Erasure } from '../../privacy/erasure.js';
import { RostroError } from '../../shared/errors.js';
import type { EmptySubject, EmptySubjects } from './empty-subjects.js';
import { type FaceCollection, type Group, imageIdOf, nameTaken } from './face-collection.js';
import { type GroupPeople, refuseShared } from './group-people.js';
import type { SerialQueue } from '../../shared/queue.js';

export interface FaceChangesParts {
  readonly collection: FaceCollection;
  readonly empty: EmptySubjects;
  readonly erasure: Pick<Erasure, 'example'>;
  readonly enrolment: Pick<Enrolment, 'prepare' | 'store'>;
  readonly members: GroupPeople;
  readonly queue: SerialQueue;
}

export interface NewFace {
  readonly subject: string;
  readonly bytes: Uint8Array;
  /** Faces with less confidence are ignored; null for all faces that the detector finds. */
  readonly minConfidence: number | null;
  readonly signal?: AbortSignal;
}

export interface NamedImage {
  readonly imageId: string;
  readonly subject: string;
}

/** The subject that a photo is added to. */
interface Target {
  readonly name: string;
  /** Groups that the person is in after this photo. */
  readonly groups: readonly string[];
  /** Its entries without examples, which the photo replaces. */
  readonly empty: readonly EmptySubject[];
}

/** Adds and removes examples. */
export class FaceChanges {
  constructor(private readonly parts: FaceChangesParts) {}

  /**
   * Adds a photo to a subject, which is created if it does not exist.
   * @throws RostroError `bad_name`, `person_exists`, those of `Enrolment.prepare`, `storage_failed`; the signal's reason
   */
  async add(group: Group, { subject, bytes, minConfidence, signal }: NewFace): Promise<NamedImage> {
    const { enrolment, empty, queue } = this.parts;
    const wanted = parsePersonName(subject);
    await this.targetFor(group, wanted);
    const prepared = await prepareFace(enrolment, bytes, minConfidence, signal);
    return queue.run(async () => {
      const target = await this.targetFor(group, wanted);
      const { example } = await enrolment.store(target.name, usedBy(group, prepared), groupsPatch(target));
      for (const one of target.empty) await empty.remove(one);
      return { imageId: imageIdOf(example), subject: target.name };
    }, signal);
  }

  /** Removes a subject with all its examples, as CompreFace does. @returns how many; 0 if there is no such subject */
  removeOf(group: Group, name: string): Promise<number> {
    const { collection, empty, members, queue } = this.parts;
    return queue.run(async () => {
      const subject = await collection.find(group, name);
      if (subject && 'person' in subject) {
        return await members.remove(group, subject.person);
      }
      for (const one of subject?.empty ?? []) await empty.remove(one);
      return 0;
    });
  }

  /** Removes one example. The subject stays, even without examples. @throws RostroError `example_not_found`, `forbidden`, `storage_failed` */
  remove(group: Group, imageId: string): Promise<NamedImage> {
    const { collection, empty, erasure, queue } = this.parts;
    return queue.run(async () => {
      const { person, example } = collection.image(group, imageId);
      refuseShared(group, person, example);
      await erasure.example(person.name, example.id);
      if (person.examples.length === 1) {
        const groups = person.groups.length > 0 ? person.groups : [null];
        for (const one of groups) await empty.add({ name: person.name, group: one });
      }
      return { imageId, subject: person.name };
    });
  }

  /** Removes the examples that exist, as CompreFace does; none if the group must not remove one of them. @throws RostroError `forbidden`, `storage_failed` */
  async removeSome(group: Group, imageIds: readonly string[]): Promise<NamedImage[]> {
    for (const imageId of imageIds) this.refuseSharedImage(group, imageId);
    const removed: NamedImage[] = [];
    for (const imageId of imageIds) {
      const one = await this.remove(group, imageId).catch(nullUnlessUnknown);
      if (one !== null) removed.push(one);
    }
    return removed;
  }

  private refuseSharedImage(group: Group, imageId: string): void {
    try {
      const { person, example } = this.parts.collection.image(group, imageId);
      refuseShared(group, person, example);
    } catch (error) {
      nullUnlessUnknown(error);
    }
  }

  /** A subject of the group, or a new one. @throws RostroError `person_exists` */
  private async targetFor(group: Group, wanted: string): Promise<Target> {
    const { collection } = this.parts;
    const subject = await collection.find(group, wanted);
    const own = group === null ? [] : [group];
    if (subject && 'person' in subject) return { name: subject.person.name, groups: own, empty: [] };
    const name = subject === null ? wanted : subject.empty[0].name;
    await collection.refuseOtherGroup(group, name);
    const empty = subject?.empty ?? [];
    if (empty.length > 1) throw ambiguousName(name);
    const groups = [...empty.map((one) => one.group), ...own].filter((one) => one !== null);
    return { name, groups, empty };
  }
}

/** An example of a group is for this group only, also if the person is in others. */
function usedBy(group: Group, prepared: PreparedExample): PreparedExample {
  if (group === null) return prepared;
  const { example } = prepared;
  return { ...prepared, example: { ...example, details: { ...example.details, groups: [group] } } };
}

/** A person must not join two groups because of the name. Only a key of no group can cause this error. */
function ambiguousName(name: string): RostroError {
  return new RostroError(
    'person_exists',
    `Several groups have a subject "${name}" without images: add the image with a key of one of them, or delete the subject first.`,
  );
}

/** The native API or another server may have used the name meanwhile; that person is another one unless the groups have it. */
function groupsPatch({ groups }: Target): PersonPatch {
  return (known) => {
    if (known && !groups.every((group) => known.groups.includes(group))) throw nameTaken();
    return { groups };
  };
}

function nullUnlessUnknown(error: unknown): null {
  if (error instanceof RostroError && error.code === 'example_not_found') return null;
  throw error;
}

/** Details of `several_faces`. */
const severalFacesDetails = z.object({ faces: z.array(z.object({ confidence: z.number() })) });

/**
 * Prepares the example of a photo, without faces below a confidence.
 * @param minConfidence 0..1; null for all faces that the detector finds
 * @throws RostroError as `Enrolment.prepare`
 */
export async function prepareFace(
  enrolment: Pick<Enrolment, 'prepare'>,
  bytes: Uint8Array,
  minConfidence: number | null,
  signal?: AbortSignal,
): Promise<PreparedExample> {
  if (minConfidence === null) return enrolment.prepare(bytes, undefined, signal);
  try {
    const prepared = await enrolment.prepare(bytes, undefined, signal);
    if (prepared.face.confidence >= minConfidence) return prepared;
  } catch (error) {
    const sure = confidentFaces(error, minConfidence);
    if (sure.length > 1) throw error;
    if (sure.length === 1) return enrolment.prepare(bytes, sure[0], signal);
  }
  throw new RostroError('no_face', `No face with a probability of ${minConfidence} or more was found in the photo.`);
}

/** @returns indices of the faces. @throws the error itself if it is not `several_faces` */
function confidentFaces(error: unknown, minConfidence: number): number[] {
  if (!(error instanceof RostroError) || error.code !== 'several_faces') throw error;
  const { faces } = severalFacesDetails.parse(error.details);
  return [...faces.keys()].filter((i) => faces[i].confidence >= minConfidence);
}
