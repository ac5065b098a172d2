import { timeDigits, type SightingFilter } from '../sighting.js';
import type { SightingPage } from '../sighting-store.js';
import type { StoredSighting } from './day-log.js';

/** The sightings in memory, without embeddings and crops, sorted by id. */
export class SightingIndex {
  private sorted: StoredSighting[] = [];
  private readonly byId = new Map<string, StoredSighting>();

  get size(): number {
    return this.sorted.length;
  }

  get oldest(): StoredSighting | undefined {
    return this.sorted.at(0);
  }

  /** @param sightings in any order, with different ids */
  static of(sightings: readonly StoredSighting[]): SightingIndex {
    const index = new SightingIndex();
    index.sorted = [...sightings].sort((a, b) => (a.id < b.id ? -1 : 1));
    for (const one of sightings) index.byId.set(one.id, one);
    return index;
  }

  get(id: string): StoredSighting | undefined {
    return this.byId.get(id);
  }

  /** Adds a sighting, or replaces that with its id. */
  put(sighting: StoredSighting): void {
    const place = this.placeOf(sighting.id);
    this.sorted.splice(place, this.byId.has(sighting.id) ? 1 : 0, sighting);
    this.byId.set(sighting.id, sighting);
  }

  remove(ids: ReadonlySet<string>): void {
    this.sorted = this.sorted.filter(({ id }) => !ids.has(id));
    for (const id of ids) this.byId.delete(id);
  }

  /** @param people keys of `filter.person`; null where the filter names nobody */
  list(filter: SightingFilter, people: ReadonlySet<string> | null, { limit, before }: SightingPage): StoredSighting[] {
    const { from, to } = filter;
    const found: StoredSighting[] = [];
    const least = from === undefined ? '' : timeDigits(from);
    const end = Math.min(
      before === undefined ? this.sorted.length : this.placeOf(before),
      to === undefined ? this.sorted.length : this.placeOf(timeDigits(to)),
    );
    for (let i = end - 1; i >= 0 && found.length < limit && this.sorted[i].id >= least; i--) {
      if (matches(this.sorted[i], filter, people)) found.push(this.sorted[i]);
    }
    return found;
  }

  /** Ids of all sightings of these people. */
  idsOf(people: ReadonlySet<string>): Set<string> {
    const own = this.sorted.filter(({ person }) => person !== null && people.has(person));
    return new Set(own.map(({ id }) => id));
  }

  get people(): ReadonlySet<string> {
    return new Set(this.sorted.flatMap(({ person }) => person ?? []));
  }

  /** How many strangers there are, without what is not a face. */
  get strangers(): number {
    return new Set(this.sorted.flatMap(({ stranger, mark }) => (mark === 'not_a_face' ? [] : (stranger ?? [])))).size;
  }

  /** Ids of the sightings that began on a day, UTC: `2026-11-30`. */
  idsOn(day: string): string[] {
    const start = new Date(`${day}T00:00:00.000Z`);
    const end = new Date(start.getTime() + 86_400_000);
    return this.sorted.slice(this.placeOf(timeDigits(start)), this.placeOf(timeDigits(end))).map(({ id }) => id);
  }

  /** Index of the first sighting that is not before `id`. */
  private placeOf(id: string): number {
    let [low, high] = [0, this.sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.sorted[middle].id < id) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function matches(
  { person, source, camera, quality, stranger, mark }: StoredSighting,
  filter: SightingFilter,
  people: ReadonlySet<string> | null,
): boolean {
  return (
    (people === null || (person !== null && people.has(person))) &&
    (filter.stranger === undefined || filter.stranger === (person === null)) &&
    (filter.strangerId === undefined || filter.strangerId === stranger) &&
    (filter.notAFace === undefined || filter.notAFace === (mark === 'not_a_face')) &&
    (filter.source === undefined || filter.source === source) &&
    (filter.camera === undefined || filter.camera === camera) &&
    (filter.minQuality === undefined || (quality ?? 0) >= filter.minQuality)
  );
}
