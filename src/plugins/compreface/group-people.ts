import { type Example, type Gallery, isUsedBy, type Person } from '../../gallery/gallery.js';
import type { Erasure } from '../../privacy/erasure.js';
import { RostroError } from '../../shared/errors.js';
import type { EmptySubjects } from './empty-subjects.js';
import type { Group } from './face-collection.js';

/**
 * A key of a group may not erase people who are in another group, too: it removes them from its own group, with the
 * examples that only this group uses.
 */
export class GroupPeople {
  constructor(
    private readonly gallery: Pick<Gallery, 'describe'>,
    private readonly erasure: Pick<Erasure, 'person' | 'example'>,
    private readonly empty: EmptySubjects,
  ) {}

  /** @returns the number of examples that the group no longer has. @throws RostroError `storage_failed` */
  async remove(group: Group, person: Person): Promise<number> {
    const { name, examples } = person;
    const own = examples.filter((example) => isOwn(group, example));
    if (!isShared(group, person)) await this.erasure.person(name);
    else if (own.length === examples.length) {
      await this.erasure.person(name);
      for (const other of without(group, person)) await this.empty.add({ name, group: other });
    } else {
      for (const { id } of own) await this.erasure.example(name, id);
      await this.gallery.describe(name, (known) => ({ groups: without(group, known ?? person) }));
    }
    return examples.filter((example) => isUsedBy(group, example)).length;
  }
}

/** Whether no other group uses the example. */
function isOwn(group: Group, { details }: Example): boolean {
  return details?.groups?.every((one) => one === group) ?? false;
}

/**
 * @param example the one to change; null for the person
 * @throws RostroError `forbidden` if another group has them, too
 */
export function refuseShared(group: Group, person: Person, example: Example | null = null): void {
  if (!isShared(group, person) || (example !== null && isOwn(group, example))) return;
  throw new RostroError(
    'forbidden',
    `"${person.name}" is in another group, too: a key of one group cannot change them, only leave them out of its own.`,
  );
}

function without(group: Group, { groups }: Person): string[] {
  return groups.filter((one) => one !== group);
}

function isShared(group: Group, { groups }: Person): boolean {
  return group !== null && groups.some((one) => one !== group);
}
