import { isUsedBy } from '../../gallery/gallery.js';
import type { NamedExamples } from '../classifiers/samples.js';
import type { Among } from '../matcher.js';
import type { RowChanges } from './search-index.js';

/** The part of a gallery that a search reads. */
export interface SearchableGallery {
  /** Grows with every change. */
  readonly version: number;
  /** A person who has not changed is the same object as before, and an unchanged example has the same embedding object. */
  people(): readonly NamedExamples[];
}

type RowExample = NamedExamples['examples'][number];

interface Entry {
  /** A number for the examples of each set of groups that use them: a search of one group leaves out some of them. */
  readonly numbers: ReadonlyMap<string, number>;
  readonly person: NamedExamples;
  readonly rows: readonly number[];
}

/** Maps the examples of a gallery to the rows of an index, and computes the changes for the index when the gallery changes. */
export class GalleryRows {
  #version: number | null = null;
  #people: readonly NamedExamples[] = [];
  readonly #entries = new Map<string, Entry>();
  readonly #names = new Map<number, string>();
  readonly #free: number[] = [];
  #rows = 0;
  #numbers = 0;

  constructor(private readonly gallery: SearchableGallery) {}

  /** Null before the first example. */
  dimension: number | null = null;

  /** @returns null for a person who has been removed */
  nameOf(number: number): string | null {
    return this.#names.get(number) ?? null;
  }

  /** The most numbers that a person has had: 1 unless examples are for some groups only. */
  numbersPerPerson = 1;

  /** @returns the numbers of the names that are in the gallery */
  numbersOf({ names, group }: Among): Int32Array {
    const numbers = [...names].flatMap((name) => {
      const entry = this.#entries.get(name);
      if (entry === undefined) return [];
      const used = entry.person.examples.filter((example) => isUsedBy(group ?? null, example)).map(usersOf);
      return [...new Set(used)].map((users) => entry.numbers.get(users)!);
    });
    return Int32Array.from(numbers);
  }

  /** @returns changes since the last call; null where there are none */
  changes(): RowChanges | null {
    const { version } = this.gallery;
    if (version === this.#version) return null;
    this.#version = version;
    const before = this.#people;
    const now = this.gallery.people().filter(({ examples }) => examples.length > 0);
    this.#people = now;
    return this.#diff(...trimCommonEnds(before, now));
  }

  #diff(then: readonly NamedExamples[], now: readonly NamedExamples[]): RowChanges {
    const [kept, earlier] = [new Set(now), new Set(then)];
    const removed = then.filter((person) => !kept.has(person)).map((person) => this.#remove(person));
    const loose = unassignedRows(removed);
    const before = new Map(removed.map(({ numbers, person }) => [person.name, numbers]));
    const reassigned: RowChanges['reassigned'][number][] = [];
    const added: { row: number; person: number; embedding: Float32Array }[] = [];
    for (const person of now) {
      if (earlier.has(person)) continue;
      const numbers = new Map<string, number>();
      const rows = person.examples.map((example) => {
        const { embedding } = example;
        const users = usersOf(example);
        const number = numbers.get(users) ?? before.get(person.name)?.get(users) ?? this.#numbers++;
        numbers.set(users, number);
        const known = loose.get(embedding)?.pop();
        if (known === undefined) return added[added.push({ row: this.#freeRow(), person: number, embedding }) - 1].row;
        if (known.number !== number) reassigned.push({ row: known.row, person: number });
        return known.row;
      });
      this.#insert({ numbers, person, rows });
    }
    const cleared = [...loose.values()].flat().map(({ row }) => row);
    this.#free.push(...cleared);
    return { cleared, reassigned, added: this.#joined(added) };
  }

  #remove(person: NamedExamples): Entry {
    const entry = this.#entries.get(person.name)!;
    this.#entries.delete(person.name);
    for (const number of entry.numbers.values()) this.#names.delete(number);
    return entry;
  }

  #insert(entry: Entry): void {
    this.#entries.set(entry.person.name, entry);
    for (const number of entry.numbers.values()) this.#names.set(number, entry.person.name);
    this.numbersPerPerson = Math.max(this.numbersPerPerson, entry.numbers.size);
  }

  #freeRow(): number {
    return this.#free.pop() ?? this.#rows++;
  }

  #joined(added: readonly { row: number; person: number; embedding: Float32Array }[]): RowChanges['added'] {
    const dimension = (this.dimension ??= added.length > 0 ? added[0].embedding.length : null) ?? 0;
    const matrix = new Float32Array(added.length * dimension);
    added.forEach(({ embedding }, i) => matrix.set(embedding, i * dimension));
    return {
      rows: Int32Array.from(added, ({ row }) => row),
      people: Int32Array.from(added, ({ person }) => person),
      matrix,
    };
  }
}

/** The groups that use an example, as a key. */
function usersOf({ details }: RowExample): string {
  return details?.groups === undefined ? '' : JSON.stringify(details.groups);
}

/** Most changes concern one person, so comparing both lists from their ends leaves little. */
function trimCommonEnds<T>(a: readonly T[], b: readonly T[]): [T[], T[]] {
  const shorter = Math.min(a.length, b.length);
  let start = 0;
  while (start < shorter && a[start] === b[start]) start++;
  let end = 0;
  while (end < shorter - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  return [a.slice(start, a.length - end), b.slice(start, b.length - end)];
}

/** Rows of the removed entries, by their embedding objects; two examples may share one. */
function unassignedRows(entries: readonly Entry[]): Map<Float32Array, { row: number; number: number }[]> {
  const loose = new Map<Float32Array, { row: number; number: number }[]>();
  for (const { numbers, person, rows } of entries) {
    person.examples.forEach((example, i) => {
      const { embedding } = example;
      const number = numbers.get(usersOf(example))!;
      const held = loose.get(embedding);
      if (held) held.push({ row: rows[i], number });
      else loose.set(embedding, [{ row: rows[i], number }]);
    });
  }
  return loose;
}
