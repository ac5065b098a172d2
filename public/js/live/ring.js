/**
 * The last `capacity` values, oldest first. @template T
 */
export class Ring {
  /** @type {T[]} */
  #values = [];
  #oldest = 0;

  /** @param {number} capacity */
  constructor(capacity) {
    this.capacity = capacity;
  }

  get length() {
    return this.#values.length;
  }

  /** @param {T} value */
  push(value) {
    if (this.#values.length < this.capacity) this.#values.push(value);
    else {
      this.#values[this.#oldest] = value;
      this.#oldest = (this.#oldest + 1) % this.capacity;
    }
  }

  clear() {
    this.#values = [];
    this.#oldest = 0;
  }

  *[Symbol.iterator]() {
    for (let i = 0; i < this.#values.length; i++) yield this.#values[(this.#oldest + i) % this.#values.length];
  }
}
