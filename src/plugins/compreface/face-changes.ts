import { z } from 'zod';
import type { Said } from '../../gallery/gallery.js';
import type { Enrolment, PreparedExample } from '../../people/enrolment.js';
import { parsePersonName } from '../../people/person-name.js';
import type { Erasure } from '../../privacy/erasure.js';
import { RostroError } from '../../shared/errors.js';
import type { EmptySubject, EmptySubjects } from './empty-subjects.js';
import { type FaceCollection, type Group, nameTaken } from './face-collection.js';
import { type GroupPeople, refuseShared } from './group-people.js';
import { imageIdOf } from './image-index.js';
import type { Turns } from './turns.js';

export interface FaceChangesParts {
  readonly collection: FaceCollection;
  readonly empty: EmptySubjects;
  readonly erasure: Pick<Erasure, 'example'>;
  readonly enrolment: Pick<Enrolment, 'prepare' | 'keep'>;
  readonly members: GroupPeople;
  readonly turns: Turns;
}

export interface NewFace {
  readonly subject: string;
  readonly bytes: Uint8Array;
  /** Faces that the detector is less sure of are overlooked; null takes all that it finds. */
  readonly minConfidence: number | null;
  readonly signal?: AbortSignal;
}

export interface NamedImage {
  readonly imageId: string;
  readonly subject: string;
}

/** Whom a photo goes to. */
interface Place {
  readonly name: string;
  /** That the person is in, or joins with this photo as their first. */
  readonly groups: readonly string[];
  /** Entries of theirs while they had no example. */
  readonly empty: readonly EmptySubject[];
}

/** What CompreFace's clients change of examples. */
export class FaceChanges {
  constructor(private readonly parts: FaceChangesParts) {}

  /**
   * Adds a photo of a subject, who is made where there is none.
   * @throws RostroError `bad_name`, `person_exists`, those of `Enrolment.prepare`, `storage_failed`; the signal's reason
   */
  async add(group: Group, { subject, bytes, minConfidence, signal }: NewFace): Promise<NamedImage> {
    const { enrolment, empty, turns } = this.parts;
    const wanted = parsePersonName(subject);
    await this.placeFor(group, wanted);
    const prepared = await prepareFace(enrolment, bytes, minConfidence, signal);
    return turns.take(async () => {
      const place = await this.placeFor(group, wanted);
      const { example } = await enrolment.keep(place.name, prepared, saidAt(place));
      for (const one of place.empty) await empty.remove(one);
      return { imageId: imageIdOf(example), subject: place.name };
    }, signal);
  }

  /** All examples of a subject, and the subject, as CompreFace does. @returns how many; 0 where there is no such subject */
  removeOf(group: Group, name: string): Promise<number> {
    const { collection, empty, members, turns } = this.parts;
    return turns.take(async () => {
      const subject = await collection.find(group, name);
      if (subject && 'person' in subject) {
        await members.remove(group, subject.person);
        return subject.person.examples.length;
      }
      for (const one of subject?.empty ?? []) await empty.remove(one);
      return 0;
    });
  }

  /** One example; the subject stays, without any. @throws RostroError `example_not_found`, `forbidden`, `storage_failed` */
  remove(group: Group, imageId: string): Promise<NamedImage> {
    const { collection, empty, erasure, turns } = this.parts;
    return turns.take(async () => {
      const { person, example } = collection.image(group, imageId);
      refuseShared(group, person);
      await erasure.example(person.name, example);
      if (person.examples.length === 1) {
        const groups = person.groups.length > 0 ? person.groups : [null];
        for (const one of groups) await empty.add({ name: person.name, group: one });
      }
      return { imageId, subject: person.name };
    });
  }

  /** Those of them that there are, as CompreFace does; none where one may not be. @throws RostroError `forbidden`, `storage_failed` */
  async removeSome(group: Group, imageIds: readonly string[]): Promise<NamedImage[]> {
    for (const imageId of imageIds) this.refuseSharedImage(group, imageId);
    const removed: NamedImage[] = [];
    for (const imageId of imageIds) {
      const one = await this.remove(group, imageId).catch(unlessUnknown);
      if (one !== null) removed.push(one);
    }
    return removed;
  }

  private refuseSharedImage(group: Group, imageId: string): void {
    try {
      refuseShared(group, this.parts.collection.image(group, imageId).person);
    } catch (error) {
      unlessUnknown(error);
    }
  }

  /** Somebody of the group, or a name that is free. @throws RostroError `person_exists` */
  private async placeFor(group: Group, wanted: string): Promise<Place> {
    const { collection } = this.parts;
    const subject = await collection.find(group, wanted);
    const own = group === null ? [] : [group];
    if (subject && 'person' in subject) return { name: subject.person.name, groups: own, empty: [] };
    const name = subject === null ? wanted : subject.empty[0].name;
    await collection.refuseForeign(group, name);
    const empty = subject?.empty ?? [];
    if (empty.length > 1) throw severalBear(name);
    const groups = [...empty.map((one) => one.group), ...own].filter((one) => one !== null);
    return { name, groups, empty };
  }
}

/** Nobody is to join two groups because of their name; only a key that sees all groups hears of it. */
function severalBear(name: string): RostroError {
  return new RostroError(
    'person_exists',
    `Several groups have a subject "${name}" without images: add the image with a key of one of them, or delete the subject first.`,
  );
}

/** Whoever has taken the name meanwhile, by the native API or another server, is somebody else unless the groups have them. */
function saidAt({ groups }: Place): Said {
  return (known) => {
    if (known && !groups.every((group) => known.groups.includes(group))) throw nameTaken();
    return { groups };
  };
}

function unlessUnknown(error: unknown): null {
  if (error instanceof RostroError && error.code === 'example_not_found') return null;
  throw error;
}

/** What `several_faces` tells of each. */
const facesSeen = z.object({ faces: z.array(z.object({ confidence: z.number() })) });

/**
 * The example that a photo gives when faces below a confidence do not count.
 * @param minConfidence 0..1; null counts all that the detector finds
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
    const sure = sureFaces(error, minConfidence);
    if (sure.length > 1) throw error;
    if (sure.length === 1) return enrolment.prepare(bytes, sure[0], signal);
  }
  throw new RostroError('no_face', `No face with a probability of ${minConfidence} or more was found in the photo.`);
}

/** @returns their places in the list of faces. @throws the error itself where it says anything else */
function sureFaces(error: unknown, minConfidence: number): number[] {
  if (!(error instanceof RostroError) || error.code !== 'several_faces') throw error;
  const { faces } = facesSeen.parse(error.details);
  return [...faces.keys()].filter((i) => faces[i].confidence >= minConfidence);
}
