const PAUSE_MS = 4000;
const ABSENCE_MS = 10_000;

/**
 * Chooses what a screen reader says: who has come into the picture, at most every four seconds, and nobody again
 * who was away for less than ten.
 */
export class Arrivals {
  /** When each was last in the picture. @type {Map<string, number>} */
  #present = new Map();
  /** @type {Set<string>} */
  #waiting = new Set();
  #spokeAt = -Infinity;

  /**
   * @param {Iterable<string>} names everyone in the picture now
   * @param {number} now milliseconds
   * @returns {string[]} whom to announce now, often nobody
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
