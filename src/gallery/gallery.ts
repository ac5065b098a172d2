import { isDeepStrictEqual } from 'node:util';
import type { FaceQuality } from '../faces/image/quality.js';
import { RostroError } from '../shared/errors.js';
import { systemCode } from './files/disk.js';

/** Of whom nobody has said anything. */
export const NO_DETAILS: PersonDetails = { id: null, metadata: {}, groups: [] };

/** @param known whoever bears the name now; null for nobody. @throws RostroError where it refuses them */
export function saidOf(said: Said, known: Person | null): Partial<PersonDetails> {
  return typeof said === 'function' ? said(known) : said;
}

/** What is given takes the place of what was there; groups come sorted, each once. */
export function changedDetails(before: PersonDetails, given: Partial<PersonDetails>): PersonDetails {
  const { id = before.id, metadata = before.metadata, groups = before.groups } = given;
  return { id, metadata, groups: [...new Set(groups)].sort() };
}

/** Of two people who are one: `into`'s own, and of `from`'s what `into` lacks. */
export function joinedDetails(from: PersonDetails, into: PersonDetails): PersonDetails {
  return {
    id: into.id ?? from.id,
    metadata: { ...from.metadata, ...into.metadata },
    groups: [...new Set([...into.groups, ...from.groups])].sort(),
  };
}

export function saysTheSame(a: PersonDetails, b: PersonDetails): boolean {
  return a.id === b.id && isDeepStrictEqual(a.metadata, b.metadata) && isDeepStrictEqual(a.groups, b.groups);
}

export function idTaken(id: string, { name }: Pick<Person, 'name'>): RostroError {
  return new RostroError('id_taken', `The id "${id}" is that of "${name}" already.`, { details: { name } });
}

/** For both sides of a merge. @throws RostroError `bad_request` */
export function refuseMergingWithSelf(from: string, into: string): void {
  if (from === into) throw new RostroError('bad_request', `"${into}" cannot be merged with themselves.`);
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'there is no space left on the disk',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the disk is read-only',
  EACCES: 'the server has no permission there',
  EPERM: 'the server has no permission there',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  ENOTDIR: 'a file lies where a folder is expected',
  EEXIST: 'something else lies where it belongs',
  EISDIR: 'a folder lies where a file is expected',
  EIO: 'the disk reports an error',
};

/**
 * What a failed call of the file system means for a person. Any other error is a defect and comes back as it is.
 * @param attempt what was tried: `The gallery could not be written`
 */
export function storageFailed(attempt: string, error: unknown): unknown {
  const code = systemCode(error);
  if (code === undefined) return error;
  const reason = REASONS[code] ?? `the system answered ${code}`;
  return new RostroError('storage_failed', `${attempt}: ${reason}.`, { details: { systemCode: code }, cause: error });
}

/** @param file relative to the data folder */
export function corrupt(file: string, what: string, cause?: unknown): RostroError {
  return new RostroError('gallery_corrupt', `${file} cannot be used: ${what}.`, { details: { file }, cause });
}

/** Root order of the Unicode collation algorithm, the same on every machine. */
const collator = new Intl.Collator('en');

/** The order that people are told in. */
export function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return collator.compare(a.name, b.name) || (a.name < b.name ? -1 : 1);
}

/** What is known of one enrolled photo besides its embedding. */
export interface ExampleDetails {
  /** Detector confidence, 0..1. */
  readonly confidence: number;
  /** Where the face lies inside the kept crop, in pixels of the crop. */
  readonly boxInCrop: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  /** Missing where the example is older than the measurement. */
  readonly quality?: FaceQuality | undefined;
  /** SHA-256 of the enrolled photo's bytes, hexadecimal: a photo that comes again is known by it. Missing on older examples. */
  readonly photoHash?: string | undefined;
}

/** One row of the gallery, without its values. */
export interface Example {
  /** Unique within the person, safe in a URL and in a file name. */
  readonly id: string;
  /** Path of the kept crop relative to the data folder, with forward slashes; null for rows of the original system. */
  readonly crop: string | null;
  /** ISO 8601, UTC; null for rows of the original system. */
  readonly addedAt: string | null;
  readonly details: ExampleDetails | null;
}

export interface EmbeddedExample extends Example {
  /** `contract.dimension` values, as the network's contract defines them: unit length for FaceNet, raw for face-api. */
  readonly embedding: Float32Array;
}

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** What the users say of a person. Arrives validated by `parsePersonDetails`. */
export interface PersonDetails {
  /** Their own id for the person, unique; null for none. */
  readonly id: string | null;
  readonly metadata: JsonObject;
  /** Sorted, each once. */
  readonly groups: readonly string[];
}

/**
 * What is said of a person with a change: as it is, or after whoever bears the name when the change has its turn, null for
 * nobody. A RostroError thrown there refuses the change.
 */
export type Said = Partial<PersonDetails> | ((known: Person | null) => Partial<PersonDetails>);

/** Replaced by another object with every change, never changed itself. */
export interface Person extends PersonDetails {
  readonly name: string;
  readonly examples: readonly Example[];
}

/** A person with the embeddings of their examples. */
export interface EmbeddedPerson extends Person {
  readonly examples: readonly EmbeddedExample[];
}

export interface NewExample {
  readonly embedding: Float32Array;
  /** The crop as JPEG bytes. */
  readonly crop: Uint8Array;
  readonly details: ExampleDetails;
}

/** An example as an archive or another gallery holds it: with its id, date and crop. */
export interface WholeExample extends Omit<EmbeddedExample, 'crop'> {
  /** The crop as JPEG or PNG bytes; null where none was kept. */
  readonly crop: Uint8Array | null;
}

/** A person with everything of theirs; at least one example, no id twice. */
export interface WholePerson extends PersonDetails {
  readonly name: string;
  readonly examples: readonly WholeExample[];
}

export interface AddedExample {
  readonly example: Example;
  /** Path of the file that holds the person's embeddings, relative to the data folder. */
  readonly embeddingFile: string;
}

/** What an erasure took away. Paths are relative to the data folder. */
export interface Removal {
  /** Files that held something of the person or the example, and are gone. */
  readonly files: readonly string[];
  /** Those that the disk would not give up: they go with the next change, or at the next start. */
  readonly remaining: readonly string[];
}

/**
 * The enrolled people. Reads come from memory; a write is on the disk, whole and synced, when its promise resolves.
 * Writes are serialised. Names arrive validated by `parsePersonName`.
 */
export interface Gallery {
  /** Grows with every change that has become real, so that what is derived from the gallery knows when it is old. */
  readonly version: number;
  /** Everyone, in the order of their names. */
  people(): readonly Person[];
  /** @throws RostroError `person_not_found` */
  person(name: string): Person;
  /** As {@link people}, with all embeddings. @throws RostroError `embeddings_in_database` where memory does not hold them */
  embedded(): readonly EmbeddedPerson[];
  /** As {@link person}, with their embeddings, wherever they lie. @throws RostroError `person_not_found`, `database_unreachable` */
  embeddedPerson(name: string): Promise<EmbeddedPerson>;
  /**
   * Adds an example, and the person with their first one.
   * @param said of the person in the same change
   * @throws RostroError `id_taken`, what `said` throws
   */
  add(name: string, example: NewExample, said?: Said): Promise<AddedExample>;
  /** The same with several examples, one or more, in one change. @returns in their order @throws RostroError as `add` */
  addAll(name: string, examples: readonly NewExample[], said?: Said): Promise<readonly AddedExample[]>;
  /** @throws RostroError `person_not_found`, `person_exists` */
  rename(from: string, to: string): Promise<Person>;
  /** Replaces what is given and leaves the rest. @throws RostroError `person_not_found`, `id_taken`, what `said` throws */
  describe(name: string, said: Said): Promise<Person>;
  /**
   * The examples of `from` become those of `into`, after theirs, and `from` is gone: one change. What is said of them is
   * put together by {@link joinedDetails}.
   * @throws RostroError `person_not_found`; `bad_request` where both are the same
   */
  merge(from: string, into: string): Promise<Person>;
  /** A whole person in one change, in place of whoever bears the name. @throws RostroError `id_taken` */
  put(person: WholePerson): Promise<Person>;
  /** @throws RostroError `person_not_found` */
  removePerson(name: string): Promise<Removal>;
  /** Removes one example; the last one takes the person with it. @throws RostroError `person_not_found`, `example_not_found` */
  removeExample(name: string, exampleId: string): Promise<Removal>;
  /** The kept crop, JPEG bytes (PNG where `Example.crop` of an original row ends so). @throws RostroError `person_not_found`, `example_not_found` (also where no crop was kept) */
  crop(name: string, exampleId: string): Promise<Uint8Array>;
  /** Finishes the changes that were asked for; later ones are refused with `storage_failed`. */
  close(): Promise<void>;
  /** When the file of the person's embeddings was last written: all that is known of rows without a date. */
  writtenAt(name: string): Promise<Date>;
  /** Whether the disk takes a file, and the folder is still this process's to write. */
  isWritable(): Promise<boolean>;
}
