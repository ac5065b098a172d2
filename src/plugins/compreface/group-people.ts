import { RostroError } from '../../shared/errors.js';
import type { Gallery, Person } from '../../gallery/gallery.js';
import type { Erasure } from '../../privacy/erasure.js';
import type { Group } from './face-collection.js';

/** What a key with a group may do to people who are in another group, too: add photos of them, and take them out of its own. */
export class GroupPeople {
  constructor(
    private readonly gallery: Pick<Gallery, 'describe'>,
    private readonly erasure: Pick<Erasure, 'person'>,
  ) {}

  /** Erases them, or only takes the group from somebody whom another has, too. @throws RostroError `storage_failed` */
  async remove(group: Group, person: Person): Promise<void> {
    if (!isShared(group, person)) await this.erasure.person(person.name);
    else await this.gallery.describe(person.name, (known) => ({ groups: without(group, known ?? person) }));
  }
}

/** @throws RostroError `forbidden` for somebody whom another group has, too */
export function refuseShared(group: Group, person: Person): void {
  if (!isShared(group, person)) return;
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
