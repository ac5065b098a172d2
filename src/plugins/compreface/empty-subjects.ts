import type { Person } from '../../gallery/gallery.js';

/** A subject without examples, as CompreFace knows them; the gallery has no people without. */
export interface EmptySubject {
  readonly name: string;
  /** Whose key made it; null for a key without a group. */
  readonly group: string | null;
}

/** Names of subjects that have no example yet, or no longer. Each once a group. */
export interface EmptySubjects {
  /** In the order of their names. @throws RostroError `database_unreachable` */
  all(): Promise<readonly EmptySubject[]>;
  /** Adds what is not there. @throws RostroError `storage_failed`, `database_unreachable` */
  add(subject: EmptySubject): Promise<void>;
  /** @throws RostroError `storage_failed`, `database_unreachable` */
  remove(subject: EmptySubject): Promise<void>;
  /**
   * Takes the name of somebody who is erased away from their groups, and from those without one. Another group's subject of
   * the same name is somebody else.
   * @throws RostroError `storage_failed`, `database_unreachable`
   */
  forget(person: Pick<Person, 'name' | 'groups'>): Promise<void>;
}

export function inOrder(a: EmptySubject, b: EmptySubject): number {
  const [left, right] = [`${a.name}\0${a.group ?? ''}`, `${b.name}\0${b.group ?? ''}`];
  return left < right ? -1 : Number(left > right);
}
