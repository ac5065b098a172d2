import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import type { EmbeddedPerson, Gallery, Person } from '../../gallery/gallery.js';
import type { EmptySubjects } from '../../plugins/compreface/empty-subjects.js';
import type { AuditTrail } from '../../privacy/audit/trail.js';
import type { ZipEntry } from '../../shared/archive/zip.js';
import { RostroError } from '../../shared/errors.js';
import { writeFloatMatrix } from '../../shared/npy.js';
import {
  type ArchivedPerson,
  BACKUP_FORMAT,
  BACKUP_VERSION,
  MANIFEST,
  type Manifest,
  type ManifestEntry,
  personFolder,
  SEALING,
} from './format.js';
import { newPassphraseSeal, type PassphraseSeal } from './passphrase.js';

export interface BackupParts {
  readonly gallery: Pick<Gallery, 'people' | 'person' | 'embeddedPerson' | 'crop'>;
  readonly subjects: Pick<EmptySubjects, 'all'>;
  readonly trail: AuditTrail;
  readonly contract: Manifest['contract'];
  readonly now?: () => Date;
}

export type BackupSummary = Pick<Manifest, 'people' | 'examples' | 'crops' | 'cropsMissing'>;

export interface Backup {
  /** The archive's files, a person at a time in memory. */
  readonly files: AsyncIterable<ZipEntry>;
  /** What is in them, once they have been read. */
  readonly summary: () => BackupSummary;
}

/** Writes the whole gallery into one archive while it is in use. That it was taken out is in the audit log. */
export class Backups {
  constructor(private readonly parts: BackupParts) {}

  /**
   * Everybody who is enrolled at this moment. Whoever is changed before their turn comes is written as they are then, and
   * whoever is erased until then is left out.
   * @param passphrase seals every file of the archive; undefined leaves them readable
   * @throws RostroError `storage_failed`
   */
  async begin(passphrase?: string): Promise<Backup> {
    const { gallery, trail } = this.parts;
    const people = gallery.people();
    await trail.change(
      'export',
      null,
      () => Promise.resolve(),
      () => ({ people: people.length }),
    );
    const seal = passphrase === undefined ? null : await newPassphraseSeal(passphrase);
    const writing = new BackupWriting(this.parts, seal);
    return { files: writing.files(people.map(({ name, examples }) => ({ name, examples }))), summary: writing.summary };
  }
}

class BackupWriting {
  private readonly entries: ManifestEntry[] = [];
  private readonly counts = { people: 0, examples: 0, crops: 0, cropsMissing: 0 };
  private readonly createdAt: string;

  constructor(
    private readonly parts: BackupParts,
    private readonly seal: PassphraseSeal | null,
  ) {
    this.createdAt = (parts.now?.() ?? new Date()).toISOString();
  }

  readonly summary = (): BackupSummary => ({ ...this.counts });

  async *files(people: Parameters<typeof readWhole>[1][]): AsyncGenerator<ZipEntry> {
    if (this.seal) yield jsonFile(SEALING, this.seal.parameters);
    const taken = new Set(people.map(({ name }) => name));
    for (const seen of people) {
      const person = await readWhole(this.parts.gallery, seen, taken);
      if (person) yield* this.person(person);
    }
    const { contract, subjects } = this.parts;
    const { createdAt, entries } = this;
    const { id, name, dimension } = contract;
    const about = { format: BACKUP_FORMAT, version: BACKUP_VERSION, createdAt, contract: { id, name, dimension } };
    yield this.sealed(jsonFile(MANIFEST, { ...about, ...this.counts, subjects: await subjects.all(), entries }));
  }

  private *person({ person, crops, missing }: PersonRead): Generator<ZipEntry> {
    const folder = personFolder(++this.counts.people);
    const examples = person.examples.map(({ id, addedAt, crop, details }) => ({
      ...{ id, addedAt, details },
      crop: crop !== null && crops.has(id) ? `crops/${id}${posix.extname(crop)}` : null,
    }));
    const { name, id, metadata, groups } = person;
    const described = { name, id, metadata, groups, examples };
    yield this.listed(jsonFile(`${folder}/person.json`, described satisfies Loose<ArchivedPerson>));
    yield this.listed({ path: `${folder}/embeddings.npy`, bytes: rowsOf(person.examples) });
    for (const example of examples) {
      if (example.crop !== null)
        yield this.listed({ path: `${folder}/${example.crop}`, bytes: crops.get(example.id)! });
    }
    this.counts.examples += examples.length;
    this.counts.crops += crops.size;
    this.counts.cropsMissing += missing;
  }

  private listed({ path, bytes }: ZipEntry): ZipEntry {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    this.entries.push({ path, bytes: bytes.length, sha256 });
    return this.sealed({ path, bytes });
  }

  private sealed({ path, bytes }: ZipEntry): ZipEntry {
    return { path, bytes: this.seal?.seal(bytes, path) ?? bytes };
  }
}

/** Read-only lists are lists. */
type Loose<T> = { readonly [K in keyof T]: unknown };

function jsonFile(path: string, value: unknown): ZipEntry {
  return { path, bytes: Buffer.from(`${JSON.stringify(value, null, 1)}\n`) };
}

function rowsOf(examples: readonly { readonly embedding: Float32Array }[]): Uint8Array {
  const dimension = examples[0].embedding.length;
  const data = new Float32Array(examples.length * dimension);
  examples.forEach(({ embedding }, row) => data.set(embedding, row * dimension));
  return writeFloatMatrix(data, examples.length, dimension);
}

/** A person as they are at one moment, with their crops. */
export interface PersonRead {
  readonly person: EmbeddedPerson;
  /** Example id -> crop. */
  readonly crops: ReadonlyMap<string, Uint8Array>;
  /** Crops that the gallery speaks of and does not have. */
  readonly missing: number;
}

/** So often a person who changes while they are read is read anew. */
const MAX_TRIES = 20;

/**
 * Reads a person and their crops while others may change them.
 * @param seen of a moment ago
 * @param taken names that are read in their own right; whoever is renamed is read under the new name, unless it is one of
 *   these
 * @returns null for a person who is gone
 */
export async function readWhole(
  gallery: Pick<Gallery, 'people' | 'person' | 'embeddedPerson' | 'crop'>,
  seen: Pick<Person, 'name' | 'examples'>,
  taken: ReadonlySet<string>,
): Promise<PersonRead | null> {
  for (let attempt = 1; ; attempt++) {
    const person = whoIs(gallery, seen, taken);
    if (person === null) return null;
    const read = await readAll(gallery, person).catch(unlessGone);
    if (read && (whoIs(gallery, seen, taken) === person || attempt === MAX_TRIES)) return read;
  }
}

function whoIs(
  gallery: Pick<Gallery, 'people' | 'person'>,
  { name, examples }: Pick<Person, 'name' | 'examples'>,
  taken: ReadonlySet<string>,
): Person | null {
  try {
    return gallery.person(name);
  } catch {
    const ids = new Set(examples.map(({ id }) => id));
    const renamed = gallery.people().find((person) => person.examples.some(({ id }) => ids.has(id)));
    return renamed && !taken.has(renamed.name) ? renamed : null;
  }
}

async function readAll(gallery: Pick<Gallery, 'embeddedPerson' | 'crop'>, { name }: Person): Promise<PersonRead> {
  const person = await gallery.embeddedPerson(name);
  const crops = new Map<string, Uint8Array>();
  let missing = 0;
  for (const { id, crop } of person.examples) {
    if (crop === null) continue;
    const bytes = await gallery.crop(name, id).catch(unlessAway);
    if (bytes === null) missing++;
    else crops.set(id, bytes);
  }
  return { person, crops, missing };
}

/** A database that is away would leave out everybody's crops without a word. */
function unlessAway(error: unknown): null {
  if (error instanceof RostroError && error.code === 'database_unreachable') throw error;
  return null;
}

/** Whoever was renamed or erased meanwhile is looked for again. */
function unlessGone(error: unknown): null {
  if (error instanceof RostroError && error.code === 'person_not_found') return null;
  throw error;
}
