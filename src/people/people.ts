import { checkMove, type Example, type Gallery, mergeDetails, type Person } from '../gallery/gallery.js';
import { RostroError } from '../shared/errors.js';
import { type DetailsInput, parsePersonDetails } from './person-details.js';
import { parseEnrolledName, parsePersonName } from './person-name.js';
import { sameExample } from './same-photo.js';

export interface PersonSummary {
  readonly name: string;
  /** The user's own id; null for none. */
  readonly id: string | null;
  readonly groups: readonly string[];
  readonly examples: number;
  /** Date of the first example, ISO 8601; null where unknown. */
  readonly addedAt: string | null;
}

export interface PeoplePage {
  readonly people: readonly PersonSummary[];
  /** Number of matching people on all pages. */
  readonly total: number;
  readonly page: number;
  readonly size: number;
  /** {@link initialOf} of everyone who matches the other filters, sorted. */
  readonly initials: readonly string[];
}

export const PEOPLE_ORDERS = ['name', 'newest', 'photos'] as const;
export type PeopleOrder = (typeof PEOPLE_ORDERS)[number];

export interface PeopleQuery {
  /** Part of a name, ignoring case and accents. */
  readonly search?: string | undefined;
  /** Name of a group. */
  readonly group?: string | undefined;
  /** The user's own id. */
  readonly id?: string | undefined;
  /** See {@link initialOf}. */
  readonly initial?: string | undefined;
  /** @default name */
  readonly sort?: PeopleOrder | undefined;
  /** From 1. */
  readonly page: number;
  readonly size: number;
}

export interface GroupSummary {
  readonly name: string;
  readonly people: number;
}

/** Changes to a person; undefined fields stay as they are. */
export interface PersonChange extends DetailsInput {
  readonly name?: string | undefined;
}

/** Lists, renames, updates and merges enrolled people. */
export class People {
  constructor(private readonly gallery: Gallery) {}

  get count(): number {
    return this.gallery.people().length;
  }

  list({ search, group, id, initial, sort = 'name', page, size }: PeopleQuery): PeoplePage {
    const wanted = fold(search ?? '');
    const found = this.gallery.people().filter((person) => {
      if (group !== undefined && !person.groups.includes(group)) return false;
      if (id !== undefined && person.id !== id) return false;
      return wanted === '' || fold(person.name).includes(wanted);
    });
    const initials = [...new Set(found.map(({ name }) => initialOf(name)))].sort(compareInitials);
    const letter = initial === undefined ? undefined : initialOf(initial);
    const matching = letter === undefined ? found : found.filter(({ name }) => initialOf(name) === letter);
    const people = ordered(matching, sort).slice((page - 1) * size, page * size);
    return { people: people.map(summaryOf), total: matching.length, page, size, initials };
  }

  /** All groups with at least one member, sorted by name. */
  groups(): readonly GroupSummary[] {
    const sizes = new Map<string, number>();
    for (const { groups } of this.gallery.people()) {
      for (const group of groups) sizes.set(group, (sizes.get(group) ?? 0) + 1);
    }
    return [...sizes].map(([name, people]) => ({ name, people })).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  get(name: string): Person {
    return this.gallery.person(parseEnrolledName(name));
  }

  /** @returns the name of the person as it is stored; null if no such person is enrolled */
  nameOf(text: string): string | null {
    try {
      return this.get(text).name;
    } catch {
      return null;
    }
  }

  rename(name: string, to: string): Promise<Person> {
    return this.gallery.rename(parseEnrolledName(name), parsePersonName(to));
  }

  /**
   * Changes name and details of a person. Validates everything first.
   * @throws RostroError `bad_name`, `bad_details`, `person_not_found`, `person_exists`, `id_taken`, `storage_failed`,
   *   `consent_required`; `example_not_found` for a cover
   */
  async change(text: string, { name, ...input }: PersonChange): Promise<Person> {
    const person = this.get(text);
    const details = parsePersonDetails(input);
    const { cover } = details;
    if (cover && !person.examples.some(({ id, crop }) => id === cover && crop !== null)) {
      throw new RostroError('example_not_found', `"${person.name}" has no example "${cover}" with a photo.`);
    }
    const to = name === undefined ? person.name : parsePersonName(name);
    if (to !== person.name && this.find(to)) throw new RostroError('person_exists', `"${to}" is already enrolled.`);
    const described = Object.keys(details).length > 0 ? await this.gallery.describe(person.name, details) : person;
    return name === undefined ? described : this.gallery.rename(person.name, to);
  }

  /**
   * Merges `from` into `into`.
   * @throws RostroError `bad_name`, `person_not_found`, `bad_request`, `storage_failed`; `bad_details` where the
   *   combined metadata or groups exceed the limits
   */
  merge(from: string, into: string): Promise<Person> {
    const [gone, kept] = [this.get(from), this.get(into)];
    const { metadata, groups } = mergeDetails(gone, kept);
    parsePersonDetails({ metadata, groups });
    return this.gallery.merge(gone.name, kept.name);
  }

  /**
   * Moves an example to another person.
   * @returns that person
   * @throws RostroError `bad_name`, `person_not_found`, `example_not_found`, `storage_failed`; `bad_request` for the last
   *   example, and where the other person has this photo
   */
  async moveExample(text: string, exampleId: string, into: string): Promise<Person> {
    const [from, to] = [this.get(text), this.get(into)];
    checkMove(from, exampleId, to.name);
    const { details } = from.examples.find(({ id }) => id === exampleId)!;
    if (details && sameExample(to, details)) {
      throw new RostroError('bad_request', `"${to.name}" has this photo already: delete it here.`);
    }
    return this.gallery.moveExample(from.name, exampleId, to.name);
  }

  find(name: string): Person | undefined {
    return this.gallery.people().find((person) => person.name === name);
  }

  /** @returns JPEG bytes */
  crop(name: string, exampleId: string): Promise<Uint8Array> {
    return this.gallery.crop(parseEnrolledName(name), exampleId);
  }
}

/** The example whose crop stands for the person: the chosen one, else that of the best quality; null without crops. */
export function coverOf({ cover, examples }: Person): Example | null {
  const shown = examples.filter(({ crop }) => crop !== null);
  const scoreOf = ({ details }: Example) => details?.quality?.score ?? -1;
  const best = shown.reduce<Example | null>((a, b) => (a === null || scoreOf(b) > scoreOf(a) ? b : a), null);
  return shown.find(({ id }) => id === cover) ?? best;
}

export function summaryOf({ name, id, groups, examples }: Person): PersonSummary {
  return { name, id, groups, examples: examples.length, addedAt: earliest(examples) };
}

/** Sorted by name already. */
function ordered(people: readonly Person[], order: PeopleOrder): readonly Person[] {
  if (order === 'photos') return [...people].sort((a, b) => b.examples.length - a.examples.length);
  if (order === 'name') return people;
  const since = new Map(people.map((person) => [person, earliest(person.examples) ?? '']));
  return [...people].sort((a, b) => compareTexts(since.get(b)!, since.get(a)!));
}

/** ISO dates of one form: by their characters. */
const compareTexts = (a: string, b: string) => (a === b ? 0 : a < b ? -1 : 1);

const NO_LETTER = '#';
const collator = new Intl.Collator('en');

/** `#` last. */
function compareInitials(a: string, b: string): number {
  return Number(a === NO_LETTER) - Number(b === NO_LETTER) || collator.compare(a, b);
}

/** The first letter of a name in upper case without accents; `#` for characters of scripts without case, and others. */
export function initialOf(name: string): string {
  const first = String.fromCodePoint(name.codePointAt(0) ?? 0);
  const letter = String.fromCodePoint(first.normalize('NFD').toUpperCase().codePointAt(0)!);
  return /\p{Lu}/u.test(letter) ? letter : NO_LETTER;
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
