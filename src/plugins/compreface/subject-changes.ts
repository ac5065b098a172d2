import { RostroError } from '../../shared/errors.js';
import type { Person } from '../../gallery/gallery.js';
import type { People } from '../../people/people.js';
import { parsePersonName } from '../../people/person-name.js';
import type { EmptySubject, EmptySubjects } from './empty-subjects.js';
import { type FaceCollection, type Group, nameTaken, type Subject } from './face-collection.js';
import { type GroupPeople, refuseShared } from './group-people.js';
import type { SerialQueue } from '../../shared/queue.js';

export interface SubjectChangesParts {
  readonly collection: FaceCollection;
  readonly empty: EmptySubjects;
  readonly people: Pick<People, 'merge' | 'rename'>;
  readonly members: GroupPeople;
  readonly queue: SerialQueue;
}

/** Adds, renames and removes subjects. */
export class SubjectChanges {
  constructor(private readonly parts: SubjectChangesParts) {}

  /** @returns the name as it is kept. @throws RostroError `bad_name`, `person_exists`, `storage_failed` */
  add(group: Group, text: string): Promise<string> {
    const name = parsePersonName(text);
    const { collection, empty, queue } = this.parts;
    return queue.run(async () => {
      if (await collection.find(group, name)) throw nameTaken();
      await collection.refuseOtherGroup(group, name);
      await empty.add({ name, group });
      return name;
    });
  }

  /**
   * If a subject has the new name already, the examples are added to it.
   * @returns whether anything changed
   * @throws RostroError `bad_name`, `person_not_found`, `person_exists`, `forbidden`, `storage_failed`
   */
  rename(group: Group, from: string, text: string): Promise<boolean> {
    const to = parsePersonName(text);
    const { collection, queue } = this.parts;
    return queue.run(async () => {
      const source = await collection.get(group, from);
      if (nameOf(source) === to) return false;
      const found = await collection.find(group, to);
      if (found === null) await collection.refuseOtherGroup(group, to);
      const other = found && nameOf(found) !== nameOf(source) ? found : null;
      if ('person' in source) await this.renamePerson(group, source.person, to, other);
      else await this.renameEmpty(source.empty, to, other);
      return true;
    });
  }

  /** @returns the name. @throws RostroError `person_not_found`, `storage_failed` */
  remove(group: Group, name: string): Promise<string> {
    const { collection, empty, members, queue } = this.parts;
    return queue.run(async () => {
      const subject = await collection.get(group, name);
      if ('person' in subject) await members.remove(group, subject.person);
      else for (const one of subject.empty) await empty.remove(one);
      return nameOf(subject);
    });
  }

  /**
   * Removes all subjects of the group, as one queued change each, so that other changes do not wait for all of them.
   * @returns number of subjects and of their examples
   * @throws RostroError `storage_failed`
   */
  async removeAll(group: Group): Promise<{ subjects: number; images: number }> {
    const { collection, empty, queue } = this.parts;
    const removed = new Set<string>();
    let images = 0;
    for (const { name } of collection.people(group)) {
      const examples = await queue.run(() => this.removeMember(group, name));
      if (examples === null) continue;
      removed.add(name);
      images += examples;
    }
    for (const subject of await empty.all()) {
      if (group !== null && subject.group !== group) continue;
      await queue.run(() => empty.remove(subject));
      removed.add(subject.name);
    }
    return { subjects: removed.size, images };
  }

  /** @returns the number of removed examples; null if the person was gone already */
  private async removeMember(group: Group, name: string): Promise<number | null> {
    const { collection, members } = this.parts;
    const person = collection.member(group, name);
    if (person === null) return null;
    try {
      return await members.remove(group, person);
    } catch (error) {
      if (error instanceof RostroError && error.code === 'person_not_found') return null;
      throw error;
    }
  }

  private async renamePerson(group: Group, person: Person, to: string, other: Subject | null): Promise<void> {
    const { people, empty } = this.parts;
    refuseShared(group, person);
    if (other && 'person' in other) {
      refuseShared(group, other.person);
      await people.merge(person.name, other.person.name);
      return;
    }
    await people.rename(person.name, to);
    for (const subject of other?.empty ?? []) await empty.remove(subject);
  }

  private async renameEmpty(subjects: readonly EmptySubject[], to: string, other: Subject | null): Promise<void> {
    const { empty } = this.parts;
    for (const subject of subjects) {
      if (other === null) await empty.add({ ...subject, name: to });
      await empty.remove(subject);
    }
  }
}

function nameOf(subject: Subject): string {
  return 'person' in subject ? subject.person.name : subject.empty[0].name;
}
