import { RostroError } from '../../shared/errors.js';
import { byName, idTaken, type Person } from '../gallery.js';
import type { StoredPerson } from './people-reader.js';

/** A change, by its number and by the mark that no other one has, in whatever database. */
export interface Position {
  readonly number: number;
  /** Null before the first change. */
  readonly mark: string | null;
}

/** Everyone in this server's memory, as the database was after one change of it. */
export class Mirror {
  private readonly byKey = new Map<number, StoredPerson>();
  private readonly keys = new Map<string, number>();
  private readonly keysById = new Map<string, number>();
  private sorted: readonly Person[] | null = null;
  private changes = 0;
  private at: Position | null = null;

  /** Grows whenever somebody changes. */
  get version(): number {
    return this.changes;
  }

  /** Null before everyone was read. */
  get position(): Position | null {
    return this.at;
  }

  find(name: string): StoredPerson | null {
    const key = this.keys.get(name);
    return key === undefined ? null : this.byKey.get(key)!;
  }

  /** @returns null for somebody who is gone, or not heard of yet */
  nameOf(key: number): string | null {
    return this.byKey.get(key)?.person.name ?? null;
  }

  /** @throws RostroError `person_not_found` */
  get(name: string): StoredPerson {
    const found = this.find(name);
    if (!found) throw nobodyCalled(name);
    return found;
  }

  /** @returns the example's place in the person. @throws RostroError `person_not_found`, `example_not_found` */
  placeOf(name: string, exampleId: string): number {
    const place = this.get(name).person.examples.findIndex(({ id }) => id === exampleId);
    if (place < 0) throw new RostroError('example_not_found', `"${name}" has no example "${exampleId}".`);
    return place;
  }

  /** @throws RostroError `id_taken` where somebody else than `name` bears it */
  refuseTakenId(id: string | null | undefined, name: string): void {
    const key = id === null || id === undefined ? undefined : this.keysById.get(id);
    const bearer = key === undefined ? null : this.byKey.get(key)!.person;
    if (bearer && bearer.name !== name) throw idTaken(id!, bearer);
  }

  /** In the order of the names. */
  people(): readonly Person[] {
    this.sorted ??= [...this.byKey.values()].map(({ person }) => person).sort(byName);
    return this.sorted;
  }

  /**
   * Takes over a later moment. What comes late is left out: the memory is further already.
   * @param keys of everybody whom the changes up to then are about
   * @param people those of them who are there
   */
  apply(keys: readonly number[], people: readonly StoredPerson[], to: Position): void {
    if (this.at !== null && to.number <= this.at.number) return;
    for (const key of keys) this.remove(key);
    for (const stored of people) this.add(stored);
    this.moved(to);
  }

  /** @param since where the memory was when reading began: a database that was set back has lower numbers than it */
  replaceAll(people: readonly StoredPerson[], to: Position, since: Position | null): void {
    if (this.at !== since && this.at !== null && to.number <= this.at.number) return;
    for (const map of [this.byKey, this.keys, this.keysById]) map.clear();
    for (const stored of people) this.add(stored);
    this.moved(to);
  }

  private moved(to: Position): void {
    this.at = to;
    this.sorted = null;
    this.changes += 1;
  }

  private add(stored: StoredPerson): void {
    this.byKey.set(stored.key, stored);
    this.keys.set(stored.person.name, stored.key);
    if (stored.person.id !== null) this.keysById.set(stored.person.id, stored.key);
  }

  private remove(key: number): void {
    const stored = this.byKey.get(key);
    if (!stored) return;
    this.byKey.delete(key);
    if (this.keys.get(stored.person.name) === key) this.keys.delete(stored.person.name);
    const { id } = stored.person;
    if (id !== null && this.keysById.get(id) === key) this.keysById.delete(id);
  }
}

export function nobodyCalled(name: string): RostroError {
  return new RostroError('person_not_found', `Nobody called "${name}" is enrolled.`);
}
