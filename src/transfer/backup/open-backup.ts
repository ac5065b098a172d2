import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { FullExample, FullPerson } from '../../gallery/gallery.js';
import type { FullNegative } from '../../gallery/negatives.js';
import { negativesOf } from '../../gallery/person-rows.js';
import { parsePersonDetails } from '../../people/person-details.js';
import { parseEnrolledName } from '../../people/person-name.js';
import type { PluginData } from '../../privacy/plugin-data.js';
import { badArchive, ZipArchive } from '../../shared/archive/zip-archive.js';
import { RostroError } from '../../shared/errors.js';
import { parseJson } from '../../shared/json.js';
import { readFloatMatrix } from '../../shared/npy.js';
import {
  type ArchivedSession,
  MANIFEST,
  type Manifest,
  manifestSchema,
  personFolder,
  personSchema,
  SEALING,
  sessionFile,
  sessionSchema,
} from './format.js';
import { passphraseSeal, type PassphraseSeal } from './passphrase.js';

/** Protects against zip bombs: ten million files, sixteen terabytes. */
const LIMITS = { maxEntries: 10_000_000, maxTotalBytes: 2 ** 44 };

/** An archive of `rostro export`. It is not trusted: each file is checked against the manifest. */
export class OpenBackup {
  private readonly hashes: ReadonlyMap<string, string>;

  private constructor(
    private readonly archive: ZipArchive,
    private readonly seal: PassphraseSeal | null,
    readonly manifest: Manifest,
  ) {
    this.hashes = new Map(manifest.entries.map(({ path, sha256 }) => [path, sha256]));
  }

  /** @throws RostroError `bad_archive`, `encryption_key_wrong`, `no_file` */
  static async open(path: string, passphrase?: string): Promise<OpenBackup> {
    const archive = await ZipArchive.open(path, LIMITS).catch((cause: unknown) => {
      if (cause instanceof RostroError) throw cause;
      throw new RostroError('no_file', `Cannot read ${path}: ${(cause as Error).message}.`, { cause });
    });
    try {
      const seal = await sealOf(archive, passphrase);
      if (!archive.has(MANIFEST)) throw unknownContent(`It has no ${MANIFEST}: "rostro export" did not write it.`);
      const bytes = await archive.read(MANIFEST);
      const manifest = parsed(manifestSchema, seal?.unseal(bytes, MANIFEST) ?? bytes, MANIFEST);
      checkListing(archive, manifest);
      return new OpenBackup(archive, seal, manifest);
    } catch (error) {
      archive.close();
      throw error;
    }
  }

  /** The entries of a plugin. @throws RostroError `bad_archive`, `bad_name`, `bad_details` */
  entriesOf({ field, schema }: Pick<PluginData, 'field' | 'schema'>): readonly unknown[] {
    const entries = this.manifest[field];
    return entries === undefined ? [] : checked(schema, entries, `${MANIFEST}, ${field}`);
  }

  /** All people of the archive. @throws RostroError `bad_archive`, `encryption_key_wrong` */
  async *people(): AsyncGenerator<FullPerson> {
    for (let number = 1; number <= this.manifest.people; number++) yield this.person(personFolder(number));
  }

  /** The attendance of the archive, the newest session first. @throws RostroError `bad_archive`, `bad_name` */
  async *sessions(): AsyncGenerator<ArchivedSession> {
    for (let number = 1; number <= this.manifest.attendance; number++) {
      const file = sessionFile(number);
      const session = parsed(sessionSchema, await this.read(file), file);
      yield { ...session, rows: session.rows.map((row) => ({ ...row, person: parseEnrolledName(row.person) })) };
    }
  }

  /**
   * Reads and checks the whole archive.
   * @returns the people's own ids: id -> name
   * @throws RostroError `bad_archive`, `encryption_key_wrong`
   */
  async verify(onPerson?: (name: string) => void): Promise<ReadonlyMap<string, string>> {
    const names = new Set<string>();
    const ids = new Map<string, string>();
    let examples = 0;
    for await (const { name, id, examples: own } of this.people()) {
      if (names.has(name)) throw unknownContent(`It has "${name}" twice.`);
      names.add(name);
      if (id !== null && ids.has(id)) throw unknownContent(`It has two people with the id "${id}".`);
      if (id !== null) ids.set(id, name);
      examples += own.length;
      onPerson?.(name);
    }
    if (examples !== this.manifest.examples) throw unknownContent('It has more or fewer examples than it says.');
    const sessions = new Set<string>();
    for await (const { id } of this.sessions()) sessions.add(id);
    if (sessions.size < this.manifest.attendance) throw unknownContent('It has a session of attendance twice.');
    return ids;
  }

  close(): void {
    this.archive.close();
  }

  private async person(folder: string): Promise<FullPerson> {
    const file = `${folder}/person.json`;
    const {
      name,
      examples: described,
      negatives: others,
      ...details
    } = parsed(personSchema, await this.read(file), file);
    const rows = await this.rows(`${folder}/embeddings.npy`, described.length);
    const examples: FullExample[] = [];
    for (const [i, { crop, ...rest }] of described.entries()) {
      const bytes = crop === null ? null : await this.read(`${folder}/${crop}`);
      examples.push({ ...rest, embedding: rows[i], crop: bytes });
    }
    if (new Set(examples.map(({ id }) => id)).size < examples.length)
      throw unknownContent(`Its ${file} repeats an id.`);
    const { id = null, metadata = {}, groups = [], ...further } = parsePersonDetails(details);
    const negatives: FullNegative[] = [];
    for (const { crop, ...rest } of negativesOf(others ?? [], this.manifest.contract.dimension)) {
      negatives.push({ ...rest, crop: crop === null ? null : await this.read(`${folder}/${crop}`) });
    }
    const photos = { examples, ...(negatives.length > 0 && { negatives }) };
    return { name: parseEnrolledName(name), id, metadata, groups, ...further, ...photos };
  }

  private async rows(file: string, count: number): Promise<Float32Array[]> {
    const { data, rows, columns } = matrixOf(await this.read(file), file);
    if (rows !== count || columns !== this.manifest.contract.dimension || !data.every(Number.isFinite)) {
      throw unknownContent(`Its ${file} does not have a row of numbers for each example.`);
    }
    return Array.from({ length: rows }, (_, i) => data.slice(i * columns, (i + 1) * columns));
  }

  private async read(path: string): Promise<Uint8Array> {
    const sealed = await this.archive.read(path);
    const bytes = this.seal?.unseal(sealed, path) ?? sealed;
    if (createHash('sha256').update(bytes).digest('hex') !== this.hashes.get(path)) {
      throw badArchive('damaged', `Its ${path} is not what the manifest says.`, path);
    }
    return bytes;
  }
}

async function sealOf(archive: ZipArchive, passphrase: string | undefined): Promise<PassphraseSeal | null> {
  if (!archive.has(SEALING)) {
    if (passphrase === undefined) return null;
    throw new RostroError('encryption_key_wrong', 'The archive is not sealed with a passphrase; leave it out.');
  }
  if (passphrase === undefined) {
    throw new RostroError('encryption_key_wrong', 'The archive is sealed: it needs the passphrase it was made with.');
  }
  return passphraseSeal(passphrase, parseJson(await archive.read(SEALING)));
}

function checkListing(archive: ZipArchive, { entries }: Manifest): void {
  const listed = new Set(entries.map(({ path }) => path));
  const unlisted = archive.files.find(({ path }) => path !== MANIFEST && path !== SEALING && !listed.has(path));
  if (unlisted) throw unknownContent(`Its ${unlisted.path} is not in its manifest.`);
  const missing = entries.find(({ path }) => !archive.has(path));
  if (missing) throw badArchive('missing', `It lacks ${missing.path}, which its manifest has.`, missing.path);
}

function parsed<T>(schema: z.ZodType<T>, bytes: Uint8Array, file: string): T {
  return checked(schema, parseJson(bytes), file);
}

function checked<T>(schema: z.ZodType<T>, value: unknown, file: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0];
  throw unknownContent(`Its ${file} is not one that this version of Rostro reads (${path.join('.')}: ${message}).`);
}

function matrixOf(bytes: Uint8Array, file: string): ReturnType<typeof readFloatMatrix> {
  try {
    return readFloatMatrix(bytes);
  } catch {
    throw unknownContent(`Its ${file} is no matrix of float32.`);
  }
}

function unknownContent(sentence: string): RostroError {
  return badArchive('unknown_content', sentence);
}
