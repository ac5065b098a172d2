import type { ExampleRows } from './example-rows.js';
import { KernelMemory } from './scan-kernel.js';
import type { Subspace } from './subspace.js';

/** Members of a group at most: the search compares every member of the nearest groups. */
const MAX_MEMBERS = 32;
/** The newest groups of a person, which a new example may join. */
const OPEN_GROUPS = 8;
/** Groups per block of the scan. */
const LANES = 8;
/** Squared length of a free lane: farther than anything. */
const FAR = 0x3fffffff;
const NONE = -1;
const CACHE_LINE = 64;
/** Groups, and rows, of a search at most. */
const MAX_KEPT = 4096;
/** The kernel collects twice as many candidates as it keeps: more take longer to sort out. */
const CAPACITY = 2 * MAX_KEPT + 2 * LANES;

/**
 * Groups of examples of one person that are near each other, each with its mean: five photos of a face are one entry of the scan,
 * not five, and a new photo is nearer to the mean than to any of them. Both are in the memory of the kernel as bytes: means in
 * blocks of eight, with the leading coordinates only, and examples by row.
 */
export class ExampleGroups {
  readonly #means: KernelMemory;
  readonly #rows: KernelMemory;
  readonly #ofPerson = new Map<number, number[]>();
  readonly #free: number[] = [];
  #count = 0;
  /** The first row of each group. */
  #head = new Int32Array(0);
  /** For each row its group, and the next row of the group. */
  #group = new Int32Array(0);
  #next = new Int32Array(0);
  /** Coordinates of a mean. */
  readonly #scanned: number;
  readonly #blockBytes: number;
  /** Bytes of an example's coordinates. */
  readonly #width: number;
  /** Addresses in the memory of means, where the query lies at 0. */
  readonly #meanList: number;
  readonly #blocks: number;
  /** Addresses in the memory of rows, where the query lies at 0. */
  readonly #numbers: number;
  readonly #rowList: number;
  readonly #start: number;

  /** @param near largest distance of a new member to the mean, in the units of coordinates */
  constructor(
    module: WebAssembly.Module,
    private readonly examples: ExampleRows,
    space: Subspace,
    private readonly near: number,
  ) {
    this.#means = new KernelMemory(module);
    this.#rows = new KernelMemory(module);
    this.#scanned = 4 * Math.ceil(space.leading / 4);
    this.#blockBytes = LANES * (this.#scanned + 4);
    this.#meanList = 8 * this.#scanned;
    this.#blocks = aligned(this.#meanList + 8 * CAPACITY);
    this.#width = 16 * Math.ceil(space.dimension / 16);
    this.#numbers = 2 * this.#width;
    this.#rowList = this.#numbers + 4 * MAX_KEPT * MAX_MEMBERS;
    this.#start = aligned(this.#rowList + 8 * CAPACITY);
    this.#means.reserve(this.#blocks);
    this.#rows.reserve(this.#start);
  }

  /** Number of groups. */
  get count(): number {
    return this.#count - this.#free.length;
  }

  /** Adds a row to a group of its person that is near enough, or to a new one. @param code its coordinates */
  add(row: number, code: Int8Array): void {
    this.#rows.reserve(this.#addressOf(row + 1));
    this.#group = withRoom(this.#group, row);
    this.#next = withRoom(this.#next, row);
    this.#rows.bytes.set(code, this.#addressOf(row));
    const person = this.examples.ownerOf(row);
    let groups = this.#ofPerson.get(person);
    if (groups === undefined) this.#ofPerson.set(person, (groups = []));
    let group = groups.slice(-OPEN_GROUPS).find((one) => this.#accepts(one, code));
    if (group === undefined) groups.push((group = this.#newGroup()));
    this.#next[row] = this.#head[group];
    this.#head[group] = row;
    this.#group[row] = group;
    this.#setMean(group);
  }

  /** Removes a row and overwrites its coordinates, before it gets another person. */
  remove(row: number): void {
    const group = row < this.#group.length ? this.#group[row] : NONE;
    if (group === NONE) return;
    const members = this.#membersOf(group).filter((one) => one !== row);
    this.#head[group] = members[0] ?? NONE;
    members.forEach((one, i) => (this.#next[one] = members[i + 1] ?? NONE));
    this.#group[row] = NONE;
    const at = this.#addressOf(row);
    this.#rows.bytes.fill(0, at, at + this.#width);
    this.#setMean(group);
    if (members.length > 0) return;
    this.#free.push(group);
    const person = this.examples.ownerOf(row);
    const groups = this.#ofPerson.get(person)!.filter((one) => one !== group);
    if (groups.length > 0) this.#ofPerson.set(person, groups);
    else this.#ofPerson.delete(person);
  }

  /**
   * @param groups number of nearest means whose members are compared
   * @returns the nearest of those rows, at most `count`, nearest first
   */
  nearest(code: Int8Array, groups: number, count: number): number[] {
    const [means, rows] = [this.#means, this.#rows];
    for (let i = 0; i < this.#scanned; i++) {
      for (let copy = 0; copy < 4; copy++) means.shorts[8 * (i >> 1) + 2 * copy + (i & 1)] = 2 * (code[i] ?? 0);
    }
    const blocks = [this.#blocks, Math.ceil(this.#count / LANES), this.#scanned] as const;
    const found = means.kernel.scan(0, ...blocks, this.#meanList, ...kept(groups));
    let at = this.#numbers / 4;
    for (let i = 0; i < found; i++) {
      const group = means.ints[this.#meanList / 4 + 2 * i];
      for (let row = this.#head[group]; row !== NONE; row = this.#next[row]) rows.ints[at++] = row;
    }
    rows.shorts.fill(0, 0, this.#width);
    rows.shorts.set(code);
    const numbers = [this.#numbers, at - this.#numbers / 4] as const;
    const list = [this.#rowList, ...kept(count)] as const;
    return rows.numbersOf(this.#rowList, rows.kernel.rank(0, this.#start, this.#width, ...numbers, ...list));
  }

  #accepts(group: number, code: Int8Array): boolean {
    const members = this.#membersOf(group);
    if (members.length >= MAX_MEMBERS) return false;
    const mean = this.#meanOf(members);
    let sum = 0;
    for (let i = 0; i < code.length; i++) sum += (code[i] - mean[i]) ** 2;
    return sum <= this.near ** 2;
  }

  #meanOf(members: readonly number[]): Float32Array {
    const { bytes } = this.#rows;
    const mean = new Float32Array(this.#width);
    for (const row of members) {
      const at = this.#addressOf(row);
      for (let i = 0; i < mean.length; i++) mean[i] += bytes[at + i];
    }
    return mean.map((sum) => sum / members.length);
  }

  #newGroup(): number {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const group = this.#count++;
    this.#head = withRoom(this.#head, group + LANES);
    if (group % LANES === 0) {
      this.#means.reserve(this.#blocks + (group / LANES + 1) * this.#blockBytes);
      for (let lane = 0; lane < LANES; lane++) this.#setMean(group + lane);
    }
    return group;
  }

  /** Writes the mean of the group's rows. */
  #setMean(group: number): void {
    const { bytes, ints } = this.#means;
    const members = this.#membersOf(group);
    const mean = members.length > 0 ? this.#meanOf(members) : null;
    const lane = group % LANES;
    const block = this.#blocks + Math.floor(group / LANES) * this.#blockBytes;
    let squared = 0;
    for (let i = 0; i < this.#scanned; i++) {
      const value = Math.round(mean?.[i] ?? 0);
      bytes[block + pairOf(i, lane)] = value;
      squared += value ** 2;
    }
    ints[block / 4 + (LANES / 4) * this.#scanned + lane] = mean ? squared : FAR;
  }

  #membersOf(group: number): number[] {
    const members: number[] = [];
    for (let row = this.#head[group]; row !== NONE; row = this.#next[row]) members.push(row);
    return members;
  }

  #addressOf(row: number): number {
    return this.#start + row * this.#width;
  }
}

function kept(wanted: number): [capacity: number, keep: number] {
  const keep = Math.min(MAX_KEPT, wanted);
  return [2 * keep + LANES, keep];
}

/** Place of a coordinate in a block. */
function pairOf(coordinate: number, lane: number): number {
  return 2 * LANES * (coordinate >> 1) + 2 * lane + (coordinate & 1);
}

/** The next start of a cache line. */
function aligned(address: number): number {
  return CACHE_LINE * Math.ceil(address / CACHE_LINE);
}

/** The array, or a larger copy where it has no place of this number. New places hold `NONE`. */
function withRoom(array: Int32Array<ArrayBuffer>, place: number): Int32Array<ArrayBuffer> {
  if (place < array.length) return array;
  const larger = new Int32Array(2 * (place + 1)).fill(NONE);
  larger.set(array);
  return larger;
}
