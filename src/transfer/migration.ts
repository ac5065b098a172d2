import { createHash } from 'node:crypto';
import { type FullExample, type FullPerson, furtherDetails, type Gallery, type Person } from '../gallery/gallery.js';
import { type FullNegative, fullNegatives } from '../gallery/negatives.js';
import { RostroError } from '../shared/errors.js';
import { hasLostCharacters } from '../shared/text-encoding.js';

type Source = Pick<Gallery, 'people' | 'crop' | 'embeddedPerson' | 'negatives'>;

export interface MigrationOptions {
  readonly from: Source;
  readonly to: Source & Pick<Gallery, 'put'>;
  /** Whether to replace people who differ in the target. */
  readonly replace: boolean;
  readonly onPerson?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export interface MigrationReport {
  readonly copied: number;
  /** Number of people who were already equal in the target. */
  readonly already: number;
  /** Names of people who differ in the target, or whose id another person has there. They are not changed. */
  readonly conflicts: readonly string[];
  /** People who are not copied because their names have lost characters (U+FFFD). */
  readonly lostNames: readonly string[];
  /** Number of crops that the source could not read. */
  readonly missingCrops: number;
}

/**
 * Copies all people, each person in one write. The next call continues an interrupted run. Does not change the source.
 * @throws RostroError of either gallery; the signal's reason
 */
export async function migratePeople(options: MigrationOptions): Promise<MigrationReport> {
  const { from, to, replace, onPerson, signal } = options;
  const existing = new Map(to.people().map((person) => [person.name, person]));
  const everyone = from.people();
  const report = { copied: 0, already: 0, conflicts: [] as string[], lostNames: [] as string[], missingCrops: 0 };
  for (const [i, person] of everyone.entries()) {
    signal?.throwIfAborted();
    const full = await readPerson(from, person);
    report.missingCrops += person.examples.filter(
      ({ crop }, k) => crop !== null && full.examples[k].crop === null,
    ).length;
    const other = existing.get(person.name);
    const isSame = other !== undefined && personDigest(await readPerson(to, other)) === personDigest(full);
    if (isSame) report.already += 1;
    else if (hasLostCharacters(person.name)) report.lostNames.push(person.name);
    else if ((other && !replace) || !(await tryPut(to, full))) report.conflicts.push(person.name);
    else report.copied += 1;
    onPerson?.(i + 1, everyone.length);
  }
  return report;
}

export interface Comparison {
  readonly people: number;
  readonly examples: number;
  /** Names of people who are missing or different in the target. */
  readonly different: readonly string[];
}

/** Compares all people of the source with the target. */
export async function comparePeople(
  from: Source,
  to: Source,
  onPerson?: (done: number, total: number) => void,
): Promise<Comparison> {
  const existing = new Map(to.people().map((person) => [person.name, person]));
  const everyone = from.people();
  const different: string[] = [];
  for (const [i, person] of everyone.entries()) {
    const other = existing.get(person.name);
    const isSame =
      other !== undefined && personDigest(await readPerson(from, person)) === personDigest(await readPerson(to, other));
    if (!isSame) different.push(person.name);
    onPerson?.(i + 1, everyone.length);
  }
  const examples = everyone.reduce((sum, person) => sum + person.examples.length, 0);
  return { people: everyone.length, examples, different };
}

async function readPerson(gallery: Source, { name }: Person): Promise<FullPerson> {
  const examples: FullExample[] = [];
  const person = await gallery.embeddedPerson(name);
  for (const { crop, ...example } of person.examples) {
    examples.push({ ...example, crop: crop === null ? null : await nullIfMissing(gallery.crop(name, example.id)) });
  }
  const { negatives } = await fullNegatives(person, (id) => nullIfMissing(gallery.negatives.crop(name, id)));
  return { ...person, examples, negatives };
}

/** @returns null where the crop is missing */
async function nullIfMissing(crop: Promise<Uint8Array>): Promise<Uint8Array | null> {
  try {
    return await crop;
  } catch (error) {
    if (error instanceof RostroError && error.code === 'example_not_found') return null;
    throw error;
  }
}

/** @returns false where another person has the id */
async function tryPut(to: Pick<Gallery, 'put'>, full: FullPerson): Promise<boolean> {
  try {
    await to.put(full);
    return true;
  } catch (error) {
    if (error instanceof RostroError && error.code === 'id_taken') return false;
    throw error;
  }
}

/**
 * SHA-256, hexadecimal, of all data of a person, equal for equal people in any gallery: ignores the format of dates
 * and the order of metadata keys.
 */
export function personDigest(person: FullPerson): string {
  const { name, id, metadata, groups, examples, negatives = [] } = person;
  const described = (photo: FullPerson['examples'][number] | FullNegative) => ({
    id: photo.id,
    addedAt: photo.addedAt === null ? null : new Date(photo.addedAt).getTime(),
    details: photo.details && { ...photo.details },
    embedding: photo.embedding && digestOf(bytesOf(photo.embedding)),
    crop: photo.crop && digestOf(photo.crop),
  });
  const others = negatives.map((one) => ({ ...described(one), nearest: one.nearest }));
  const photos = { examples: examples.map(described), negatives: others.length > 0 ? others : undefined };
  return digestOf(canonical({ name, id, metadata, groups, ...furtherDetails(person), ...photos }));
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function digestOf(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex');
}

/** JSON with sorted keys and without undefined values. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value)
    .filter(([, one]) => one !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, one]) => `${JSON.stringify(key)}:${canonical(one)}`).join(',')}}`;
}
