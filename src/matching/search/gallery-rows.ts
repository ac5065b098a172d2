import type { NamedExamples } from '../classifiers/samples.js';
import type { RowChanges } from './search-index.js';

/** The part of a gallery that a search reads. */
export interface SearchableGallery {
  /** Grows with every change. */
  readonly version: number;
  /** A person who has not changed is the same object as before, and an unchanged example has the same embedding object. */
  people(): readonly NamedExamples[];
}

interface Entry {
  readonly number: number;
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

  /** @returns the numbers of the names that are in the gallery */
  numbersOf(names: ReadonlySet<string>): Int32Array {
    return Int32Array.from([...names].flatMap((name) => this.#entries.get(name)?.number ?? []));
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

  #diff(before: readonly NamedExamples[], now: readonly NamedExamples[]): RowChanges {
    const [kept, earlier] = [new Set(now), new Set(before)];
    const removed = before.filter((person) => !kept.has(person)).map((person) => this.#remove(person));
    const loose = unassignedRows(removed);
    const numbers = new Map(removed.map(({ number, person }) => [person.name, number]));
    const reassigned: RowChanges['reassigned'][number][] = [];
    const added: { row: number; person: number; embedding: Float32Array }[] = [];
    for (const person of now) {
      if (earlier.has(person)) continue;
      const number = numbers.get(person.name) ?? this.#numbers++;
      const rows = person.examples.map(({ embedding }) => {
        const known = loose.get(embedding)?.pop();
        if (known === undefined) return added[added.push({ row: this.#freeRow(), person: number, embedding }) - 1].row;
        if (known.number !== number) reassigned.push({ row: known.row, person: number });
        return known.row;
      });
      this.#insert({ number, person, rows });
    }
    const cleared = [...loose.values()].flat().map(({ row }) => row);
    this.#free.push(...cleared);
    return { cleared, reassigned, added: this.#joined(added) };
  }

  #remove(person: NamedExamples): Entry {
    const entry = this.#entries.get(person.name)!;
    this.#entries.delete(person.name);
    this.#names.delete(entry.number);
    return entry;
  }

  #insert(entry: Entry): void {
    this.#entries.set(entry.person.name, entry);
    this.#names.set(entry.number, entry.person.name);
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
  for (const { number, person, rows } of entries) {
    person.examples.forEach(({ embedding }, i) => {
      const held = loose.get(embedding);
      if (held) held.push({ row: rows[i], number });
      else loose.set(embedding, [{ row: rows[i], number }]);
    });
  }
  return loose;
}
