import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { RostroError } from '../../shared/errors.js';
import { byName, type EmbeddedExample, type EmbeddedPerson, idTaken, type Person } from '../gallery.js';
import type { PersonRecord } from './change-parts.js';
import type { Disk } from './disk.js';
import { embeddingFile, sidecarFile } from './layout.js';

/** Everyone in memory, by name. */
export class PeopleIndex {
  readonly #records = new Map<string, PersonRecord>();
  readonly #stems = new Set<string>();
  readonly #byId = new Map<string, Person>();
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

  /** @throws RostroError `id_taken` where somebody else than `name` bears it */
  refuseTakenId(id: string | null | undefined, name: string): void {
    const bearer = this.withId(id ?? null);
    if (bearer && bearer.name !== name) throw idTaken(id!, bearer);
  }

  withId(id: string | null): Person | null {
    return (id !== null && this.#byId.get(id)) || null;
  }

  /** True where a person's files may already have this stem, on whatever file system. */
  usesStem(stem: string): boolean {
    return this.#stems.has(foldedStem(stem));
  }

  /** One person's new state in place of the old; null for nobody before, or nobody after. */
  replace(before: PersonRecord | null, after: PersonRecord | null): void {
    if (before) {
      this.#records.delete(before.person.name);
      this.#stems.delete(foldedStem(before.stem));
      if (before.person.id !== null) this.#byId.delete(before.person.id);
    }
    if (after) {
      this.#records.set(after.person.name, after);
      this.#stems.add(foldedStem(after.stem));
      if (after.person.id !== null) this.#byId.set(after.person.id, after.person);
    }
    this.#sorted = null;
    this.#version += 1;
  }

  /** In the order of the names. */
  people(): readonly EmbeddedPerson[] {
    this.#sorted ??= [...this.#records.values()].map(({ person }) => person).sort(byName);
    return this.#sorted;
  }
}

/** Most file systems take 255 bytes; this leaves room for `.json`, `~` and the hash. */
const MAX_STEM_BYTES = 200;
const HASH_DIGITS = 10;
/** Refused by Windows: learn.microsoft.com, "Naming Files, Paths, and Namespaces". Controls and separators too. */
// eslint-disable-next-line no-control-regex
const RESERVED_CHARACTER = /[<>:"|?*/\\\u0000-\u001f\u007f]/gu;
const RESERVED_NAME = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])\s*(?:\.|$)/iu;
/** Windows drops a dot or a blank at the end; a dot at the start hides a file. */
const LOSSY_EDGE = /^\.|[. ]$/u;
/** How {@link markedStem} ends; a plain name that ends so could be taken for one. */
const MARK = new RegExp(`~[0-9a-f]{${HASH_DIGITS}}$`, 'u');

/**
 * The file name, without extension, that a person's files get: the name itself wherever every common file system
 * keeps it as it is, otherwise {@link markedStem}. The true name is always in the sidecar.
 */
export function plainStem(name: string): string {
  const risky =
    name === '' ||
    Buffer.byteLength(name) > MAX_STEM_BYTES ||
    name.search(RESERVED_CHARACTER) >= 0 ||
    [RESERVED_NAME, LOSSY_EDGE, MARK].some((pattern) => pattern.test(name));
  return risky ? markedStem(name) : name;
}

/** The readable part of a name, `~`, and ten digits of the name's SHA-256; `attempt` gives another for the same name. */
export function markedStem(name: string, attempt = 0): string {
  const seed = attempt === 0 ? name : `${name}/${attempt}`;
  const hash = createHash('sha256').update(seed).digest('hex').slice(0, HASH_DIGITS);
  const readable = name.replace(RESERVED_CHARACTER, '_').replace(LOSSY_EDGE, '_');
  return `${shorten(RESERVED_NAME.test(readable) ? `_${readable}` : readable)}~${hash}`;
}

/**
 * Equal for two stems that a file system without regard to case or to Unicode composition (NTFS, APFS, HFS+) may take
 * for one file. It folds more than any of them does: a needless mark costs nothing.
 */
export function foldedStem(stem: string): string {
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
}

/** A stem that neither a person nor a file of anyone else's has. */
export async function freeStem(name: string, options: StemOptions): Promise<string> {
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
