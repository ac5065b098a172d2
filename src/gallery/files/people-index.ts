import { RostroError } from '../../shared/errors.js';
import type { PersonRecord } from './change-parts.js';
import type { EmbeddedExample, EmbeddedPerson, Person } from '../gallery.js';
import { foldedStem } from './file-stem.js';
import { idTaken } from '../details.js';
import { byName } from '../name-order.js';

/** Everyone in memory, by name. */
export class PeopleIndex {
  readonly #records = new Map<string, PersonRecord>();
  readonly #stems = new Set<string>();
  readonly #byId = new Map<string, Person>();
  #sorted: readonly EmbeddedPerson[] | null = null;
  #version = 0;

  get version(): number {
    return this.#version;
  }

  find(name: string): PersonRecord | null {
    return this.#records.get(name) ?? null;
  }

  /** @throws RostroError `person_not_found` */
  get(name: string): PersonRecord {
    const record = this.find(name);
    if (!record) throw new RostroError('person_not_found', `Nobody called "${name}" is enrolled.`);
    return record;
  }

  /** @throws RostroError `person_not_found`, `example_not_found` */
  example(name: string, id: string): EmbeddedExample {
    const example = this.get(name).person.examples.find((candidate) => candidate.id === id);
    if (!example) throw new RostroError('example_not_found', `"${name}" has no example "${id}".`);
    return example;
  }

  /** @throws RostroError `id_taken` where somebody else than `name` bears it */
  refuseTakenId(id: string | null | undefined, name: string): void {
    const bearer = this.withId(id ?? null);
    if (bearer && bearer.name !== name) throw idTaken(id!, bearer);
  }

  withId(id: string | null): Person | null {
    return (id !== null && this.#byId.get(id)) || null;
  }

  /** True where a person's files may already have this stem, on whatever file system. */
  usesStem(stem: string): boolean {
    return this.#stems.has(foldedStem(stem));
  }

  /** One person's new state in place of the old; null for nobody before, or nobody after. */
  replace(before: PersonRecord | null, after: PersonRecord | null): void {
    if (before) {
      this.#records.delete(before.person.name);
      this.#stems.delete(foldedStem(before.stem));
      if (before.person.id !== null) this.#byId.delete(before.person.id);
    }
    if (after) {
      this.#records.set(after.person.name, after);
      this.#stems.add(foldedStem(after.stem));
      if (after.person.id !== null) this.#byId.set(after.person.id, after.person);
    }
    this.#sorted = null;
    this.#version += 1;
  }

  /** In the order of the names. */
  people(): readonly EmbeddedPerson[] {
    this.#sorted ??= [...this.#records.values()].map(({ person }) => person).sort(byName);
    return this.#sorted;
  }
}
