const PAUSE_MS = 4000;
const ABSENCE_MS = 10_000;

/**
 * Chooses the names that a screen reader announces: people who came into the picture, at most every four seconds, and not
 * those who were away for less than ten seconds.
 */
export class Arrivals {
  /** When each person was last in the picture. @type {Map<string, number>} */
  #present = new Map();
  /** @type {Set<string>} */
  #waiting = new Set();
  #spokeAt = -Infinity;

  /**
   * @param {Iterable<string>} names everyone in the picture now
   * @param {number} now milliseconds
   * @returns {string[]} the names to announce now, often none
   */
  update(names, now) {
    for (const [name, at] of this.#present) if (now - at > ABSENCE_MS) this.#present.delete(name);
    for (const name of names) {
      if (!this.#present.has(name)) this.#waiting.add(name);
      this.#present.set(name, now);
    }
    if (this.#waiting.size === 0 || now - this.#spokeAt < PAUSE_MS) return [];
    const said = [...this.#waiting];
    this.#waiting.clear();
    this.#spokeAt = now;
    return said;
  }

  clear() {
    this.#present.clear();
    this.#waiting.clear();
  }
}
