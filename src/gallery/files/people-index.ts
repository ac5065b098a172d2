import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { RostroError } from '../../shared/errors.js';
import { idTaken } from '../errors.js';
import { SimilarNames } from '../similar-names.js';
import { byName, type EmbeddedExample, type EmbeddedPerson, type Person } from '../gallery.js';
import type { PersonRecord } from './change-parts.js';
import type { Disk } from './disk.js';
import { embeddingFile, sidecarFile } from './layout.js';

/** All people in memory, by name. */
export class PeopleIndex {
  readonly #records = new Map<string, PersonRecord>();
  readonly #stems = new Set<string>();
  readonly #byId = new Map<string, Person>();
  readonly #similar = new SimilarNames();
  #sorted: readonly EmbeddedPerson[] | null = null;
  #version = 0;

  get version(): number {
    return this.#version;
  }

  find(name: string): PersonRecord | null {
    return this.#records.get(name) ?? null;
  }

  /** @throws RostroError `person_not_found` */
  get(name: string): PersonRecord {
    const record = this.find(name);
    if (!record) throw new RostroError('person_not_found', `Nobody called "${name}" is enrolled.`);
    return record;
  }

  /** @throws RostroError `person_not_found`, `example_not_found` */
  example(name: string, id: string): EmbeddedExample {
    const example = this.get(name).person.examples.find((candidate) => candidate.id === id);
    if (!example) throw new RostroError('example_not_found', `"${name}" has no example "${id}".`);
    return example;
  }

  /** @throws RostroError `id_taken` where a person with another name has the id */
  refuseTakenId(id: string | null | undefined, name: string): void {
    const owner = this.withId(id ?? null);
    if (owner && owner.name !== name) throw idTaken(id!, owner);
  }

  withId(id: string | null): Person | null {
    return (id !== null && this.#byId.get(id)) || null;
  }

  /** Whether a person's files have this stem, or one that some file system treats as the same. */
  usesStem(stem: string): boolean {
    return this.#stems.has(foldStem(stem));
  }

  /** As `Gallery.similarNames`. */
  similarTo(name: string): readonly string[] {
    return this.#similar.of(name, this.#records.keys());
  }

  /** Replaces a person's record. `before` is null for a new person, `after` for a removed one. */
  replace(before: PersonRecord | null, after: PersonRecord | null): void {
    if (before) {
      this.#records.delete(before.person.name);
      this.#similar.remove(before.person.name);
      this.#stems.delete(foldStem(before.stem));
      if (before.person.id !== null) this.#byId.delete(before.person.id);
    }
    if (after) {
      this.#records.set(after.person.name, after);
      this.#similar.add(after.person.name);
      this.#stems.add(foldStem(after.stem));
      if (after.person.id !== null) this.#byId.set(after.person.id, after.person);
    }
    this.#sorted = null;
    this.#version += 1;
  }

  records(): readonly PersonRecord[] {
    return [...this.#records.values()];
  }

  /** Sorted by name. */
  people(): readonly EmbeddedPerson[] {
    this.#sorted ??= [...this.#records.values()].map(({ person }) => person).sort(byName);
    return this.#sorted;
  }
}

/** Most file systems take 255 bytes; this leaves room for `.json`, `~` and the hash. */
const MAX_STEM_BYTES = 200;
const HASH_DIGITS = 10;
/**
 * Not allowed by Windows (learn.microsoft.com, "Naming Files, Paths, and Namespaces"), control characters, separators.
 */
// eslint-disable-next-line no-control-regex
const RESERVED_CHARACTER = /[<>:"|?*/\\\u0000-\u001f\u007f]/gu;
const RESERVED_NAME = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])\s*(?:\.|$)/iu;
/** Windows drops a dot or blank at the end; a leading dot hides a file. */
const LOSSY_EDGE = /^\.|[. ]$/u;
/** Suffix of {@link markedStem}. A name that ends with it would be ambiguous. */
const MARK = new RegExp(`~[0-9a-f]{${HASH_DIGITS}}$`, 'u');
/** A random stem of an encrypted gallery. */
const SEALED_STEM = /^sealed~[0-9a-f]{32}$/u;

/** Whether the stem is random, so that only the sidecar contains the name. */
export function isSealedStem(stem: string): boolean {
  return SEALED_STEM.test(stem);
}

/** Whether the stem does not contain the whole name: without a sidecar the name is lost. */
export function hidesName(stem: string): boolean {
  return MARK.test(stem) || isSealedStem(stem);
}

/**
 * File name without extension for a person's files: the name itself where all common file systems store it unchanged,
 * otherwise {@link markedStem}. The sidecar always contains the name.
 */
export function plainStem(name: string): string {
  const risky =
    name === '' ||
    Buffer.byteLength(name) > MAX_STEM_BYTES ||
    name.search(RESERVED_CHARACTER) >= 0 ||
    [RESERVED_NAME, LOSSY_EDGE, MARK, SEALED_STEM].some((pattern) => pattern.test(name));
  return risky ? markedStem(name) : name;
}

/** The readable part of the name, `~`, and ten digits of its SHA-256. @param attempt changes the digits */
export function markedStem(name: string, attempt = 0): string {
  const seed = attempt === 0 ? name : `${name}/${attempt}`;
  const hash = createHash('sha256').update(seed).digest('hex').slice(0, HASH_DIGITS);
  const readable = name.replace(RESERVED_CHARACTER, '_').replace(LOSSY_EDGE, '_');
  return `${shorten(RESERVED_NAME.test(readable) ? `_${readable}` : readable)}~${hash}`;
}

/**
 * Equal for stems that a case- or normalisation-insensitive file system (NTFS, APFS, HFS+) may treat as the same
 * file. Folds more than any of them, because an unnecessary mark does no harm.
 */
export function foldStem(stem: string): string {
  return stem.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC');
}

function shorten(text: string): string {
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > MAX_STEM_BYTES - HASH_DIGITS - 1) break;
    end += character.length;
  }
  return text.slice(0, end);
}

export interface StemOptions {
  readonly disk: Disk;
  readonly dataDir: string;
  readonly people: Pick<PeopleIndex, 'usesStem'>;
  /** Whether stems are random, for an encrypted gallery. */
  readonly sealsNames: boolean;
}

/** A stem that no person and no file uses. */
export async function freeStem(name: string, options: StemOptions): Promise<string> {
  if (options.sealsNames) return `sealed~${randomBytes(16).toString('hex')}`;
  let stem = plainStem(name);
  for (let attempt = 0; await isTaken(stem, options); attempt++) stem = markedStem(name, attempt);
  return stem;
}

async function isTaken(stem: string, { disk, dataDir, people }: StemOptions): Promise<boolean> {
  if (people.usesStem(stem)) return true;
  return (
    (await disk.exists(join(dataDir, embeddingFile(stem)))) || (await disk.exists(join(dataDir, sidecarFile(stem))))
  );
}
