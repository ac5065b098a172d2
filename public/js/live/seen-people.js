/** @typedef {{ name: string, firstAt: number, lastAt: number }} Visit times in milliseconds since 1970 */

/** The people seen in this session, with first and last time. Above the limit, removes the one not seen for longest. */
export class SeenPeople {
  /** @type {Map<string, Visit>} */
  #visits = new Map();

  constructor(limit = 100) {
    this.limit = limit;
  }

  /** The latest arrival first. @returns {Visit[]} */
  get all() {
    return [...this.#visits.values()].reverse();
  }

  /** @param {string} name @param {number} at */
  note(name, at) {
    const visit = this.#visits.get(name);
    if (visit) visit.lastAt = at;
    else {
      this.#visits.set(name, { name, firstAt: at, lastAt: at });
      if (this.#visits.size > this.limit) this.#forgetOne();
    }
  }

  clear() {
    this.#visits.clear();
  }

  #forgetOne() {
    const longestAway = [...this.#visits.values()].reduce((a, b) => (b.lastAt < a.lastAt ? b : a));
    this.#visits.delete(longestAway.name);
  }
}
