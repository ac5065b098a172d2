import { euclideanDistance } from '../matcher.js';
import type { ExampleRows } from './example-rows.js';

interface Group {
  readonly centre: Float32Array;
  /** Its centre is their mean: without one of them there is no such group. */
  readonly founders: ReadonlySet<number>;
  readonly members: Set<number>;
  person: number;
}

/**
 * Examples of a person that lie near to each other, behind their mean: five photos of a face need one place in a graph, not
 * five, and a new photo is nearer to their mean than to any of them. Groups have numbers that count up.
 */
export class ExampleGroups {
  #groups: (Group | null)[] = [];
  readonly #groupOf = new Map<number, number>();
  readonly #ofPerson = new Map<number, Set<number>>();
  #gone = 0;

  /** @param near plain Euclidean distance of a member to the centre, and of founders to the first of them */
  constructor(
    private readonly examples: ExampleRows,
    private readonly near: number,
  ) {}

  /** Those that are gone among them. */
  get count(): number {
    return this.#groups.length;
  }

  get gone(): number {
    return this.#gone;
  }

  /** @returns the rows in these groups and in all others of the same people: whoever is found is judged by all their examples */
  rowsAround(numbers: readonly number[]): number[] {
    const people = new Set<number>();
    for (const number of numbers) {
      const group = this.#groups[number];
      if (group) people.add(group.person);
    }
    const rows: number[] = [];
    for (const person of people) {
      for (const number of this.#ofPerson.get(person)!) for (const row of this.#groups[number]!.members) rows.push(row);
    }
    return rows;
  }

  /** @returns none for a group that is gone */
  foundersOf(group: number): Iterable<number> {
    return this.#groups[group]?.founders ?? [];
  }

  /** @returns whether the row is in a group now */
  join(row: number): boolean {
    const { examples } = this;
    for (const number of this.#ofPerson.get(examples.ownerOf(row)) ?? []) {
      const { centre, members } = this.#groups[number]!;
      if (euclideanDistance(centre, examples.row(row)) > this.near) continue;
      members.add(row);
      this.#groupOf.set(row, number);
      return true;
    }
    return false;
  }

  /**
   * Makes groups of rows that are in none.
   * @param rows of one person
   * @returns the centres of the groups that are new
   */
  found(rows: readonly number[]): Float32Array[] {
    const { examples, near } = this;
    const centres: Float32Array[] = [];
    let left = rows;
    while (left.length > 0) {
      const first = examples.row(left[0]);
      const isNear = (row: number) => euclideanDistance(first, examples.row(row)) <= near;
      centres.push(this.restore(left.filter((row) => row === left[0] || isNear(row))));
      left = left.filter((row) => !this.#groupOf.has(row));
    }
    return centres;
  }

  /** A group of just these founders. @returns its centre */
  restore(founders: readonly number[]): Float32Array {
    const centre = this.#meanOf(founders);
    const number = this.#groups.length;
    const group = { centre, founders: new Set(founders), members: new Set(founders), person: -1 };
    this.#groups.push(group);
    for (const row of founders) this.#groupOf.set(row, number);
    this.#assign(number, group);
    return centre;
  }

  /** A number for a group that there is no more. */
  skip(): void {
    this.#groups.push(null);
    this.#gone++;
  }

  /** @returns the others, where the group is gone with the row */
  leave(row: number): Iterable<number> {
    const number = this.#groupOf.get(row);
    if (number === undefined) return [];
    const group = this.#groups[number]!;
    this.#groupOf.delete(row);
    group.members.delete(row);
    if (!group.founders.has(row)) return [];
    for (const other of group.members) this.#groupOf.delete(other);
    this.#dismiss(number, group);
    this.#groups[number] = null;
    this.#gone++;
    return group.members;
  }

  /** To be called when a row has another owner. Its group stays: it is where its examples are, whoever they are of. */
  given(row: number): void {
    const number = this.#groupOf.get(row);
    if (number === undefined) return;
    const group = this.#groups[number]!;
    this.#dismiss(number, group);
    this.#assign(number, group);
  }

  #meanOf(rows: readonly number[]): Float32Array {
    const { examples } = this;
    const sum = new Float64Array(examples.dimension);
    for (const row of rows) examples.row(row).forEach((value, i) => (sum[i] += value));
    return Float32Array.from(sum, (value) => value / rows.length);
  }

  #assign(number: number, group: Group): void {
    const [first] = group.founders;
    group.person = this.examples.ownerOf(first);
    const groups = this.#ofPerson.get(group.person);
    if (groups) groups.add(number);
    else this.#ofPerson.set(group.person, new Set([number]));
  }

  #dismiss(number: number, { person }: Group): void {
    const groups = this.#ofPerson.get(person);
    groups?.delete(number);
    if (groups?.size === 0) this.#ofPerson.delete(person);
  }
}
