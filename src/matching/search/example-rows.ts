/**
 * Value of free rows: so far from every embedding that searches find those first. The sum of thousands of its squares is
 * still a float32.
 */
const FAR = 1e15;
const FREE = -1;
const FIRST_CAPACITY = 64;

/** All examples in one growing matrix, with the person of each row. People are numbers; cleared rows are reused. */
export class ExampleRows {
  #matrix = new Float32Array(0);
  #owner = new Int32Array(0);
  #count = 0;
  #filled = 0;

  constructor(readonly dimension: number) {}

  /** Number of rows, free ones included. */
  get count(): number {
    return this.#count;
  }

  /** Number of rows with an example. */
  get filled(): number {
    return this.#filled;
  }

  /** Row-major, `count` × `dimension`, from the start of its buffer. Valid until the next `set`. */
  get matrix(): Float32Array {
    return new Float32Array(this.#matrix.buffer, 0, this.#count * this.dimension);
  }

  /** @returns the person of a row, -1 where it is free */
  ownerOf(row: number): number {
    return row >= 0 && row < this.#count ? this.#owner[row] : FREE;
  }

  /** A view of one row, valid until the next `set`. */
  row(row: number): Float32Array {
    return this.#matrix.subarray(row * this.dimension, (row + 1) * this.dimension);
  }

  /** @param values `dimension` of them */
  set(row: number, person: number, values: Float32Array): void {
    this.reserve(row + 1);
    for (; this.#count <= row; this.#count++) this.#free(this.#count);
    if (this.#owner[row] === FREE) this.#filled++;
    this.#owner[row] = person;
    this.row(row).set(values);
  }

  /** Gives the row to another person. */
  reassign(row: number, person: number): void {
    this.#owner[row] = person;
  }

  /** Overwrites the row's values in memory. */
  clear(row: number): void {
    if (this.ownerOf(row) === FREE) return;
    this.#filled--;
    this.#free(row);
  }

  #free(row: number): void {
    this.#owner[row] = FREE;
    this.row(row).fill(FAR);
  }

  /** Allocates memory for at least `rows` rows. */
  reserve(rows: number): void {
    const capacity = this.#owner.length;
    if (rows <= capacity) return;
    const wanted = Math.max(FIRST_CAPACITY, rows, 2 * capacity);
    const matrix = new Float32Array(wanted * this.dimension);
    matrix.set(this.matrix);
    const owner = new Int32Array(wanted);
    owner.set(this.#owner);
    [this.#matrix, this.#owner] = [matrix, owner];
  }
}
