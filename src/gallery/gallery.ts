import { isDeepStrictEqual } from 'node:util';
import { RostroError } from '../shared/errors.js';
import type { EmbeddedExample, Example, ExampleDetails, FullExample, NewExample, Removal } from './example.js';
import type { FullNegative, Negative, Negatives } from './negatives.js';

export type { EmbeddedExample, Example, ExampleDetails, FullExample, NewExample, Removal } from './example.js';

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** Why the face of a person may be processed (GDPR, articles 6 and 9). */
export const CONSENT_BASES = ['consent', 'contract', 'legal_duty', 'public_interest', 'other'] as const;

export interface Consent {
  readonly basis: (typeof CONSENT_BASES)[number];
  /** When it was given: `YYYY-MM-DD`. */
  readonly date: string;
  /** Such as where the signed form lies. */
  readonly note: string | null;
}

/** User-defined data of a person. The caller validates it with `parsePersonDetails`. */
export interface PersonDetails {
  /** The user's own id for the person, unique; null for none. */
  readonly id: string | null;
  readonly metadata: JsonObject;
  /** Sorted, without duplicates. */
  readonly groups: readonly string[];
  /** Absent: none is recorded. */
  readonly consent?: Consent | null | undefined;
  /** The last day of the person, `YYYY-MM-DD`, UTC; absent: no end. */
  readonly expires?: string | null | undefined;
  /** Id of the example whose crop stands for the person; absent: see `coverOf`. */
  readonly cover?: string | null | undefined;
}

/**
 * Changes to the details of a person. A function receives the person as they are when the write runs (null where the
 * name is not enrolled); an error that it throws cancels the write.
 */
export type PersonPatch = Partial<PersonDetails> | ((current: Person | null) => Partial<PersonDetails>);

/** Immutable: a change replaces the object. */
export interface Person extends PersonDetails {
  readonly name: string;
  readonly examples: readonly Example[];
  /** Oldest first; absent: none. */
  readonly negatives?: readonly Negative[] | undefined;
}

/** A person with their embeddings. */
export interface EmbeddedPerson extends Person {
  readonly examples: readonly EmbeddedExample[];
}

/** A person with all their data. Has at least one example; example ids are unique. */
export interface FullPerson extends PersonDetails {
  readonly name: string;
  readonly examples: readonly FullExample[];
  readonly negatives?: readonly FullNegative[] | undefined;
}

export interface AddedExample {
  readonly example: Example;
  /** Path of the file with the person's embeddings, relative to the data folder. */
  readonly embeddingFile: string;
}

/**
 * The enrolled people. Reads come from memory. Writes are serialised; a write is atomic and synced to the disk when its
 * promise resolves. The caller validates names with `parsePersonName`.
 */
export interface Gallery {
  /** Incremented by every committed change, so that derived data can detect that it is outdated. */
  readonly version: number;
  /** All people, sorted by name. */
  people(): readonly Person[];
  /** @throws RostroError `person_not_found` */
  person(name: string): Person;
  /** Other enrolled names that differ from this one only in case, accents, spaces, width or apostrophes. */
  similarNames(name: string): readonly string[];
  /** All people with embeddings. @throws RostroError `embeddings_in_database` where memory does not hold them */
  embedded(): readonly EmbeddedPerson[];
  /**
   * One person with embeddings, read from the database if needed.
   * @throws RostroError `person_not_found`, `database_unreachable`
   */
  embeddedPerson(name: string): Promise<EmbeddedPerson>;
  /**
   * Adds an example. Creates the person where the name is not enrolled.
   * @param patch details to change in the same write
   * @throws RostroError `id_taken`; what `patch` throws
   */
  add(name: string, example: NewExample, patch?: PersonPatch): Promise<AddedExample>;
  /** Adds one or more examples in one write. @returns in the order of `examples` @throws RostroError as `add` */
  addAll(name: string, examples: readonly NewExample[], patch?: PersonPatch): Promise<readonly AddedExample[]>;
  /** @throws RostroError `person_not_found`, `person_exists` */
  rename(from: string, to: string): Promise<Person>;
  /** Changes the given details. @throws RostroError `person_not_found`, `id_taken`; what `patch` throws */
  describe(name: string, patch: PersonPatch): Promise<Person>;
  /**
   * Appends the examples of `from` to those of `into` and deletes `from`, in one write. {@link mergeDetails} combines
   * the details.
   * @throws RostroError `person_not_found`; `bad_request` where both are the same
   */
  merge(from: string, into: string): Promise<Person>;
  /**
   * Appends an example of `from` to those of `to`, in one write. It gets another id where `to` has this one.
   * @returns `to`
   * @throws RostroError `person_not_found`, `example_not_found`; `bad_request` for the last example, or where both are the same
   */
  moveExample(from: string, exampleId: string, to: string): Promise<Person>;
  /** Creates or replaces a person in one write. @throws RostroError `id_taken` */
  put(person: FullPerson): Promise<Person>;
  /** @throws RostroError `person_not_found` */
  removePerson(name: string): Promise<Removal>;
  /**
   * Removes an example, and the person with the last one.
   * @throws RostroError `person_not_found`, `example_not_found`
   */
  removeExample(name: string, exampleId: string): Promise<Removal>;
  /**
   * @returns JPEG bytes; PNG where `Example.crop` ends with `.png`
   * @throws RostroError `person_not_found`; `example_not_found`, also where no crop was stored
   */
  crop(name: string, exampleId: string): Promise<Uint8Array>;
  readonly negatives: Negatives;
  /** Waits for pending writes. Later writes fail with `storage_failed`. */
  close(): Promise<void>;
  /** `AddedExample.embeddingFile` of a person. @throws RostroError `person_not_found` */
  embeddingFileOf(name: string): string;
  /** When the person's embeddings were last written: the only date of examples without `addedAt`. */
  writtenAt(name: string): Promise<Date>;
  /** Whether the storage accepts writes of this process. */
  isWritable(): Promise<boolean>;
}

/** Details of a person for whom none were given. */
export const NO_DETAILS: PersonDetails = { id: null, metadata: {}, groups: [] };

/**
 * @param current the enrolled person with that name; null where there is none
 * @throws what the patch function throws
 */
export function resolvePatch(patch: PersonPatch, current: Person | null): Partial<PersonDetails> {
  return typeof patch === 'function' ? patch(current) : patch;
}

/** Replaces the given fields. Groups are sorted and without duplicates. */
export function patchDetails(before: PersonDetails, given: Partial<PersonDetails>): PersonDetails {
  const { id = before.id, metadata = before.metadata, groups = before.groups } = given;
  const { consent = before.consent, expires = before.expires, cover = before.cover } = given;
  return { id, metadata, groups: [...new Set(groups)].sort(), ...furtherOf({ consent, expires, cover }) };
}

/** The details that most people do not have; each is a field, so that it replaces another one's, undefined where absent. */
export function furtherOf({ consent, expires, cover }: Pick<PersonDetails, 'consent' | 'expires' | 'cover'>) {
  return { consent: consent ?? undefined, expires: expires ?? undefined, cover: cover ?? undefined };
}

/** The same without those that are absent. */
export function furtherDetails({ consent, expires, cover }: Pick<PersonDetails, 'consent' | 'expires' | 'cover'>) {
  return { ...(consent && { consent }), ...(expires && { expires }), ...(cover && { cover }) };
}

/** Whether the searches and lists of a group contain an example of a person in it. @param group null for everyone */
export function isUsedBy(
  group: string | null,
  { details }: { readonly details?: Pick<ExampleDetails, 'groups'> | null },
): boolean {
  return group === null || details?.groups === undefined || details.groups.includes(group);
}

/**
 * The examples of a person who gets further groups: who may put a person into a group shares their examples with it.
 * Examples of groups that the person is no longer in are not shared.
 * @param groups of the person after the change
 */
export function sharedExamples<T extends Example>(
  before: { readonly groups: readonly string[]; readonly examples: readonly T[] },
  groups: readonly string[],
): readonly T[] {
  const added = groups.filter((group) => !before.groups.includes(group));
  if (added.length === 0) return before.examples;
  return before.examples.map((example) => {
    const { details } = example;
    if (details?.groups === undefined || !details.groups.some((group) => before.groups.includes(group))) return example;
    return { ...example, details: { ...details, groups: [...new Set([...details.groups, ...added])] } };
  });
}

/** Details after a merge: those of `into`, completed by those of `from`. */
export function mergeDetails(from: PersonDetails, into: PersonDetails): PersonDetails {
  return {
    id: into.id ?? from.id,
    metadata: { ...from.metadata, ...into.metadata },
    groups: [...new Set([...into.groups, ...from.groups])].sort(),
    ...furtherOf({ ...into, consent: into.consent ?? from.consent, expires: into.expires ?? from.expires }),
  };
}

export function sameDetails(a: PersonDetails, b: PersonDetails): boolean {
  const [one, other] = [a, b].map((details) => [details.metadata, details.groups, furtherDetails(details)]);
  return a.id === b.id && isDeepStrictEqual(one, other);
}

/** @throws RostroError `bad_request` where a person would be merged with themselves */
export function refuseSelfMerge(from: string, into: string): void {
  if (from === into) throw new RostroError('bad_request', `"${into}" cannot be merged with themselves.`);
}

/** @throws RostroError `example_not_found`; `bad_request` where the example cannot be moved */
export function checkMove(from: Person, exampleId: string, to: string): void {
  const { name, examples } = from;
  if (examples.every(({ id }) => id !== exampleId)) {
    throw new RostroError('example_not_found', `"${name}" has no example "${exampleId}".`);
  }
  if (name === to) throw new RostroError('bad_request', `The example belongs to "${name}" already.`);
  if (examples.length > 1) return;
  throw new RostroError('bad_request', `It is the last example of "${name}": merge the two people instead.`);
}

/** The example as one of `to`: with an unused id, for all groups of the person. */
export function movedExample<T extends Example>(example: T, to: Person, freeId: () => string): T {
  const isTaken = [...to.examples, ...(to.negatives ?? [])].some(({ id }) => id === example.id);
  const details = example.details && { ...example.details, groups: undefined };
  return { ...example, id: isTaken ? freeId() : example.id, details };
}

/** Root order of the Unicode collation algorithm, the same on every machine. */
const collator = new Intl.Collator('en');

/** Compares people by name, for every list of people. */
export function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return collator.compare(a.name, b.name) || (a.name < b.name ? -1 : 1);
}
