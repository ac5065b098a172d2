import type { SearchableGallery } from '../../src/matching/search/gallery-rows.js';
import type { NamedExamples } from '../../src/matching/classifiers/samples.js';

/** A gallery in memory that changes like the real one: a changed person is a new object. */
export class MemoryGallery implements SearchableGallery {
  version = 1;
  readonly #people = new Map<string, NamedExamples>();

  people(): readonly NamedExamples[] {
    return [...this.#people.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  add(name: string, ...embeddings: Float32Array[]): void {
    const examples = [...(this.#people.get(name)?.examples ?? []), ...embeddings.map((embedding) => ({ embedding }))];
    this.#put({ name, examples });
  }

  rename(from: string, to: string): void {
    const examples = this.#people.get(from)!.examples.map(({ embedding }) => ({ embedding }));
    this.#people.delete(from);
    this.#put({ name: to, examples });
  }

  removeExample(name: string, at: number): void {
    const examples = this.#people.get(name)!.examples.filter((_, i) => i !== at);
    if (examples.length === 0) this.remove(name);
    else this.#put({ name, examples });
  }

  remove(name: string): void {
    this.#people.delete(name);
    this.version++;
  }

  /** The reference: compares every example with the embedding. */
  ranking(embedding: Float32Array): { name: string; distance: number }[] {
    const best = this.people().map(({ name, examples }) => {
      const distances = examples.map((example) => {
        let sum = 0;
        example.embedding.forEach((value, i) => (sum += (value - embedding[i]) * (value - embedding[i])));
        return Math.sqrt(sum);
      });
      return { name, distance: Math.min(...distances) };
    });
    return best.sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1));
  }

  #put(person: NamedExamples): void {
    this.#people.set(person.name, person);
    this.version++;
  }
}
