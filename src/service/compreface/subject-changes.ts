import { RostroError } from '../../errors.js';
import type { Person } from '../../store/gallery.js';
import type { Enrolment } from '../enrolment.js';
import type { Erasure } from '../erasure/erasure.js';
import type { People } from '../people.js';
import { parsePersonName } from '../person-name.js';
import type { EmptySubjects } from './empty-subjects.js';
import { nameTaken, type FaceCollection, type Group } from './face-collection.js';
import { imageIdOf } from './image-ids.js';
import { prepareFace } from './prepare-face.js';

export interface SubjectChangesParts {
  readonly collection: FaceCollection;
  readonly empty: EmptySubjects;
  readonly people: Pick<People, 'change' | 'merge' | 'rename'>;
  readonly erasure: Pick<Erasure, 'person' | 'example'>;
  readonly enrolment: Enrolment;
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

/**
 * What CompreFace's clients change, one after the other, so that nobody takes a name while it is being given. A key with a group
 * changes nobody who is in another group, too: it may add photos of them, and take them out of its own group.
 */
export class SubjectChanges {
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly parts: SubjectChangesParts) {}

  /** @returns the name as it is kept. @throws RostroError `bad_name`, `person_exists`, `storage_failed` */
  add(group: Group, text: string): Promise<string> {
    const name = parsePersonName(text);
    return this.inTurn(async () => {
      const { collection, empty } = this.parts;
      if (await collection.find(group, name)) throw nameTaken();
      collection.refuseForeign(group, name);
      await empty.add({ name, group });
      return name;
    });
  }

  /**
   * Adds a photo of a subject, who is made where there is none.
   * @throws RostroError `bad_name`, `person_exists`, those of `Enrolment.prepare`, `storage_failed`
   */
  async addFace(group: Group, { subject, bytes, minConfidence, signal }: NewFace): Promise<NamedImage> {
    const wanted = parsePersonName(subject);
    await this.placeFor(group, wanted);
    const prepared = await prepareFace(this.parts.enrolment, bytes, minConfidence, signal);
    return this.inTurn(async () => {
      const { name, groups, empty } = await this.placeFor(group, wanted);
      const { example } = await this.parts.enrolment.keep(name, prepared, { groups });
      for (const subject of empty) await this.parts.empty.remove(subject);
      return { imageId: imageIdOf(example), subject: name };
    });
  }

  /**
   * Somebody who has the new name already gets the examples.
   * @returns whether anything changed
   * @throws RostroError `bad_name`, `person_not_found`, `person_exists`, `forbidden`, `storage_failed`
   */
  rename(group: Group, from: string, text: string): Promise<boolean> {
    const to = parsePersonName(text);
    return this.inTurn(async () => {
      const { collection, people, empty } = this.parts;
      const source = await collection.get(group, from);
      const found = await collection.find(group, to);
      if (found === null) collection.refuseForeign(group, to);
      if ('empty' in source) {
        if (source.empty[0].name === to) return false;
        const isTaken = found !== null && !('empty' in found && found.empty[0].name === source.empty[0].name);
        for (const subject of source.empty) {
          if (!isTaken) await empty.add({ ...subject, name: to });
          await empty.remove(subject);
        }
        return true;
      }
      const { person } = source;
      if (person.name === to) return false;
      refuseShared(group, person);
      if (found && 'person' in found && found.person.name !== person.name) {
        refuseShared(group, found.person);
        await people.merge(person.name, found.person.name);
        return true;
      }
      await people.rename(person.name, to);
      for (const subject of found && 'empty' in found ? found.empty : []) await empty.remove(subject);
      return true;
    });
  }

  /** @returns their name. @throws RostroError `person_not_found`, `storage_failed` */
  remove(group: Group, name: string): Promise<string> {
    return this.inTurn(async () => {
      const subject = await this.parts.collection.get(group, name);
      if ('person' in subject) {
        await this.removePerson(group, subject.person);
        return subject.person.name;
      }
      for (const one of subject.empty) await this.parts.empty.remove(one);
      return subject.empty[0].name;
    });
  }

  /** Everybody whom the group has. @returns how many subjects, and how many examples they had */
  removeAll(group: Group): Promise<{ subjects: number; images: number }> {
    return this.inTurn(async () => {
      const { collection, empty } = this.parts;
      const [names, people] = [await collection.subjects(group), collection.people(group)];
      for (const person of people) await this.removePerson(group, person);
      for (const subject of await empty.all()) {
        if (group === null || subject.group === group) await empty.remove(subject);
      }
      return { subjects: names.length, images: people.reduce((sum, { examples }) => sum + examples.length, 0) };
    });
  }

  /** All examples of a subject, and the subject, as CompreFace does. @returns how many; 0 where there is no such subject */
  removeFacesOf(group: Group, name: string): Promise<number> {
    return this.inTurn(async () => {
      const subject = await this.parts.collection.find(group, name);
      if (subject === null) return 0;
      if ('person' in subject) {
        await this.removePerson(group, subject.person);
        return subject.person.examples.length;
      }
      for (const one of subject.empty) await this.parts.empty.remove(one);
      return 0;
    });
  }

  /** One example; the subject stays, without any. @throws RostroError `example_not_found`, `forbidden`, `storage_failed` */
  removeFace(group: Group, imageId: string): Promise<NamedImage> {
    return this.inTurn(async () => {
      const { collection, erasure, empty } = this.parts;
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

  /** Those of them that there are, as CompreFace does. */
  async removeFaces(group: Group, imageIds: readonly string[]): Promise<NamedImage[]> {
    const removed: NamedImage[] = [];
    for (const imageId of imageIds) {
      const one = await this.removeFace(group, imageId).catch(unlessUnknown);
      if (one !== null) removed.push(one);
    }
    return removed;
  }

  /** Whom a photo goes to: somebody of the group, or a name that is free. @throws RostroError `person_exists` */
  private async placeFor(group: Group, wanted: string) {
    const { collection } = this.parts;
    const subject = await collection.find(group, wanted);
    if (subject && 'person' in subject) return { name: subject.person.name, groups: [], empty: [] };
    const name = subject === null ? wanted : subject.empty[0].name;
    collection.refuseForeign(group, name);
    const empty = subject?.empty ?? [];
    const groups = [...empty.map((one) => one.group), group].filter((one) => one !== null);
    return { name, groups, empty };
  }

  private async removePerson(group: Group, person: Person): Promise<void> {
    const { people, erasure } = this.parts;
    if (!isShared(group, person)) await erasure.person(person.name);
    else await people.change(person.name, { groups: person.groups.filter((one) => one !== group) });
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.turn.then(work);
    this.turn = result.catch(() => undefined);
    return result;
  }
}

function isShared(group: Group, { groups }: Person): boolean {
  return group !== null && groups.some((one) => one !== group);
}

/** @throws RostroError `forbidden` */
function refuseShared(group: Group, person: Person): void {
  if (!isShared(group, person)) return;
  throw new RostroError(
    'forbidden',
    `"${person.name}" is in another group, too: a key of one group cannot change them, only leave them out of its own.`,
  );
}

function unlessUnknown(error: unknown): null {
  if (error instanceof RostroError && error.code === 'example_not_found') return null;
  throw error;
}
