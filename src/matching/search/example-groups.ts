import { euclideanDistance } from '../matcher.js';
import type { ExampleRows } from './example-rows.js';

interface Group {
  readonly centre: Float32Array;
  /** The rows whose mean is `centre`. The group dissolves when one of them is removed. */
  readonly founders: ReadonlySet<number>;
  readonly members: Set<number>;
  person: number;
}

/**
 * Groups of examples of one person that are near each other, each with its mean: five photos of a face need one key in a graph,
 * not five, and a new photo is nearer to the mean than to any of them. Groups are numbered from 0 and numbers are not reused.
 */
export class ExampleGroups {
  #groups: (Group | null)[] = [];
  readonly #groupOf = new Map<number, number>();
  readonly #ofPerson = new Map<number, Set<number>>();
  #dissolved = 0;

  /** @param near largest Euclidean distance of a member to the centre, and of founders to the first of them */
  constructor(
    private readonly examples: ExampleRows,
    private readonly near: number,
  ) {}

  /** Number of groups, dissolved ones included. */
  get count(): number {
    return this.#groups.length;
  }

  /** Number of dissolved groups. */
  get erased(): number {
    return this.#dissolved;
  }

  /** @returns the rows of these groups and of all other groups of the same people, so that all their examples are compared */
  rowsAround(numbers: readonly number[]): number[] {
    const people = new Set<number>();
    const rows: number[] = [];
    for (const number of numbers) {
      const person = this.#groups[number]?.person;
      if (person === undefined || people.has(person)) continue;
      people.add(person);
      for (const own of this.#ofPerson.get(person)!) for (const row of this.#groups[own]!.members) rows.push(row);
    }
    return rows;
  }

  /** @returns nothing for a dissolved group */
  foundersOf(group: number): Iterable<number> {
    return this.#groups[group]?.founders ?? [];
  }

  /** Adds the row to a group of its person that is near enough. @returns whether there is one */
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
   * Creates groups of rows that are in none.
   * @param rows of one person
   * @returns the centres of the new groups
   */
  create(rows: readonly number[]): Float32Array[] {
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

  /** Creates a group with these founders. @returns its centre */
  restore(founders: readonly number[]): Float32Array {
    const centre = this.#meanOf(founders);
    const number = this.#groups.length;
    const group = { centre, founders: new Set(founders), members: new Set(founders), person: -1 };
    this.#groups.push(group);
    for (const row of founders) this.#groupOf.set(row, number);
    this.#assign(number, group);
    return centre;
  }

  /** Takes a number for a dissolved group. */
  addErased(): void {
    this.#groups.push(null);
    this.#dissolved++;
  }

  /** Removes the row from its group. @returns the other members, where the group dissolves */
  remove(row: number): Iterable<number> {
    const number = this.#groupOf.get(row);
    if (number === undefined) return [];
    const group = this.#groups[number]!;
    this.#groupOf.delete(row);
    group.members.delete(row);
    if (!group.founders.has(row)) return [];
    for (const other of group.members) this.#groupOf.delete(other);
    this.#unassign(number, group);
    this.#groups[number] = null;
    this.#dissolved++;
    return group.members;
  }

  /** To be called when a row has another person. Its group moves to that person. */
  reassign(row: number): void {
    const number = this.#groupOf.get(row);
    if (number === undefined) return;
    const group = this.#groups[number]!;
    this.#unassign(number, group);
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

  #unassign(number: number, { person }: Group): void {
    const groups = this.#ofPerson.get(person);
    groups?.delete(number);
    if (groups?.size === 0) this.#ofPerson.delete(person);
  }
}
