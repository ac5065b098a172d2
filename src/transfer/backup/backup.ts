import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { allSessions, type Attendance } from '../../attendance/attendance.js';
import { type EmbeddedPerson, furtherDetails, type Gallery, type Person } from '../../gallery/gallery.js';
import type { AuditTrail } from '../../privacy/audit/trail.js';
import { negativeEntriesOf } from '../../gallery/person-rows.js';
import type { PluginData } from '../../privacy/plugin-data.js';
import type { ZipEntry } from '../../shared/archive/zip.js';
import { RostroError } from '../../shared/errors.js';
import { writeFloatMatrix } from '../../shared/npy.js';
import {
  type ArchivedPerson,
  archivedSession,
  BACKUP_FORMAT,
  BACKUP_VERSION,
  MANIFEST,
  type Manifest,
  type ManifestEntry,
  personFolder,
  SEALING,
  sessionFile,
} from './format.js';
import { newPassphraseSeal, type PassphraseSeal } from './passphrase.js';

export interface BackupParts {
  readonly gallery: Pick<Gallery, 'people' | 'person' | 'embeddedPerson' | 'crop' | 'negatives'>;
  readonly attendance: Pick<Attendance, 'list'>;
  readonly pluginData: readonly Pick<PluginData, 'field' | 'all'>[];
  readonly trail: AuditTrail;
  readonly contract: Manifest['contract'];
  readonly now?: () => Date;
}

export type BackupSummary = Pick<Manifest, 'people' | 'examples' | 'crops' | 'cropsMissing' | 'attendance'>;

export interface Backup {
  /** The files of the archive, generated one person at a time. */
  readonly files: AsyncIterable<ZipEntry>;
  /** Call it after `files` was consumed. */
  readonly summary: () => BackupSummary;
}

/** Exports a gallery in use to an archive. The audit log records the export. */
export class BackupExporter {
  constructor(private readonly parts: BackupParts) {}

  /**
   * Exports all people who are enrolled now, and then the attendance. A person is written as they are when they are read;
   * people erased before that are omitted, and so are rows of attendance of people who are not in the archive.
   * @param passphrase encrypts all files of the archive; undefined leaves them unencrypted
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
    const writing = new BackupWriter(this.parts, seal);
    return { files: writing.files(people.map(({ name, examples }) => ({ name, examples }))), summary: writing.summary };
  }
}

class BackupWriter {
  private readonly entries: ManifestEntry[] = [];
  private readonly counts = { people: 0, examples: 0, crops: 0, cropsMissing: 0, attendance: 0 };
  /** Of the people in the archive. */
  private readonly names = new Set<string>();
  private readonly createdAt: string;

  constructor(
    private readonly parts: BackupParts,
    private readonly seal: PassphraseSeal | null,
  ) {
    this.createdAt = (parts.now?.() ?? new Date()).toISOString();
  }

  readonly summary = (): BackupSummary => ({ ...this.counts });

  async *files(people: Parameters<typeof readSnapshot>[1][]): AsyncGenerator<ZipEntry> {
    if (this.seal) yield jsonFile(SEALING, this.seal.parameters);
    const taken = new Set(people.map(({ name }) => name));
    for (const seen of people) {
      const person = await readSnapshot(this.parts.gallery, seen, taken);
      if (person) yield* this.person(person);
    }
    yield* this.sessions();
    const { contract } = this.parts;
    const { createdAt, entries } = this;
    const { id, name, dimension } = contract;
    const about = { format: BACKUP_FORMAT, version: BACKUP_VERSION, createdAt, contract: { id, name, dimension } };
    yield this.sealed(jsonFile(MANIFEST, { ...about, ...this.counts, ...(await this.pluginEntries()), entries }));
  }

  private async pluginEntries(): Promise<Record<string, readonly unknown[]>> {
    const entries: Record<string, readonly unknown[]> = {};
    for (const data of this.parts.pluginData) entries[data.field] = await data.all();
    return entries;
  }

  private async *sessions(): AsyncGenerator<ZipEntry> {
    for await (const session of allSessions(this.parts.attendance)) {
      const rows = session.rows.filter(({ person }) => this.names.has(person));
      yield this.listed(jsonFile(sessionFile(++this.counts.attendance), archivedSession({ ...session, rows })));
    }
  }

  private *person({ person, crops, missing }: PersonSnapshot): Generator<ZipEntry> {
    const folder = personFolder(++this.counts.people);
    const examples = person.examples.map(({ id, addedAt, crop, details }) => ({
      id,
      addedAt,
      details,
      crop: crop !== null && crops.has(id) ? `crops/${id}${posix.extname(crop)}` : null,
    }));
    const { name, id, metadata, groups } = person;
    this.names.add(name);
    const details = { name, id, metadata, groups, ...furtherDetails(person) };
    const negatives = negativeEntriesOf(person.negatives ?? []).map((one) => ({
      ...one,
      crop: one.crop !== null && crops.has(one.id) ? `crops/not-${one.id}.jpg` : null,
    }));
    const described = { ...details, examples, ...(negatives.length > 0 && { negatives }) };
    yield this.listed(jsonFile(`${folder}/person.json`, described satisfies Loose<ArchivedPerson>));
    yield this.listed({ path: `${folder}/embeddings.npy`, bytes: rowsOf(person.examples) });
    for (const example of [...examples, ...negatives]) {
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

/** Checks the field names only, because the types differ in `readonly`. */
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

/** A consistent state of a person, with crops. */
export interface PersonSnapshot {
  readonly person: EmbeddedPerson;
  /** Id of an example or negative -> crop. */
  readonly crops: ReadonlyMap<string, Uint8Array>;
  /** Number of crops that could not be read. */
  readonly missing: number;
}

/** Attempts to read a person who is changed meanwhile. */
const MAX_ATTEMPTS = 20;

/**
 * Reads a person and their crops while the gallery is in use.
 * @param seen an earlier state of the person
 * @param taken all names of the export. A renamed person is read under the new name, unless it is one of these
 * @returns null where the person was erased
 */
export async function readSnapshot(
  gallery: Pick<Gallery, 'people' | 'person' | 'embeddedPerson' | 'crop' | 'negatives'>,
  seen: Pick<Person, 'name' | 'examples'>,
  taken: ReadonlySet<string>,
): Promise<PersonSnapshot | null> {
  for (let attempt = 1; ; attempt++) {
    const person = resolvePerson(gallery, seen, taken);
    if (person === null) return null;
    const read = await readAll(gallery, person).catch(nullIfNotFound);
    if (read && (resolvePerson(gallery, seen, taken) === person || attempt === MAX_ATTEMPTS)) return read;
  }
}

function resolvePerson(
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

async function readAll(
  gallery: Pick<Gallery, 'embeddedPerson' | 'crop' | 'negatives'>,
  { name }: Person,
): Promise<PersonSnapshot> {
  const person = await gallery.embeddedPerson(name);
  const crops = new Map<string, Uint8Array>();
  let missing = 0;
  const photos = [
    ...person.examples.map(({ id, crop }) => ({ id, crop, read: () => gallery.crop(name, id) })),
    ...(person.negatives ?? []).map(({ id, crop }) => ({ id, crop, read: () => gallery.negatives.crop(name, id) })),
  ];
  for (const { id, crop, read } of photos) {
    if (crop === null) continue;
    const bytes = await read().catch(nullUnlessUnreachable);
    if (bytes === null) missing++;
    else crops.set(id, bytes);
  }
  return { person, crops, missing };
}

/** Crops that cannot be read are skipped, except where the database is unreachable: that would skip all of them. */
function nullUnlessUnreachable(error: unknown): null {
  if (error instanceof RostroError && error.code === 'database_unreachable') throw error;
  return null;
}

/** The person was renamed or erased meanwhile; the caller looks again. */
function nullIfNotFound(error: unknown): null {
  if (error instanceof RostroError && error.code === 'person_not_found') return null;
  throw error;
}
