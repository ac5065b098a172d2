import type { Example, Gallery, Person } from '../store/gallery.js';
import { parsePersonName } from './person-name.js';

export interface PersonSummary {
  readonly name: string;
  readonly examples: number;
  /** When the first example came in, ISO 8601; null where it is not known. */
  readonly addedAt: string | null;
}

export interface PeoplePage {
  readonly people: readonly PersonSummary[];
  /** People that match the search, on all pages together. */
  readonly total: number;
  readonly page: number;
  readonly size: number;
}

export interface PeopleQuery {
  /** Part of a name; case and accents do not matter. */
  readonly search?: string;
  /** From 1. */
  readonly page: number;
  readonly size: number;
}

/** Who is enrolled: look up, rename. */
export class People {
  constructor(private readonly gallery: Gallery) {}

  get count(): number {
    return this.gallery.people().length;
  }

  list({ search, page, size }: PeopleQuery): PeoplePage {
    const wanted = fold(search ?? '');
    const everyone = this.gallery.people();
    const matching = wanted === '' ? everyone : everyone.filter(({ name }) => fold(name).includes(wanted));
    const people = matching.slice((page - 1) * size, page * size).map(summaryOf);
    return { people, total: matching.length, page, size };
  }

  get(name: string): Person {
    return this.gallery.person(parsePersonName(name));
  }

  rename(name: string, to: string): Promise<Person> {
    return this.gallery.rename(parsePersonName(name), parsePersonName(to));
  }

  /** @returns JPEG bytes */
  crop(name: string, exampleId: string): Promise<Uint8Array> {
    return this.gallery.crop(parsePersonName(name), exampleId);
  }
}

export function summaryOf({ name, examples }: Person): PersonSummary {
  return { name, examples: examples.length, addedAt: earliest(examples) };
}

function earliest(examples: readonly Example[]): string | null {
  return examples.reduce<string | null>(
    (first, { addedAt }) => (addedAt !== null && (first === null || addedAt < first) ? addedAt : first),
    null,
  );
}

function fold(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLocaleLowerCase();
}
