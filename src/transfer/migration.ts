import { createHash } from 'node:crypto';
import type { Gallery, Person, WholeExample, WholePerson } from '../gallery/gallery.js';
import { RostroError } from '../shared/errors.js';

type Source = Pick<Gallery, 'people' | 'crop' | 'embeddedPerson'>;

export interface MigrationOptions {
  readonly from: Source;
  readonly to: Source & Pick<Gallery, 'put'>;
  /** Whether people of the target who are others than in the source are replaced. */
  readonly replace: boolean;
  readonly onPerson?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export interface MigrationReport {
  readonly copied: number;
  /** People who were there already, with everything. */
  readonly already: number;
  /** Names of people whom the target has otherwise, or whose id somebody else has there; they stay as they are. */
  readonly conflicts: readonly string[];
  /** Kept photos that the source cannot give. */
  readonly missingCrops: number;
}

/**
 * Copies everyone, each person in one change: what a stop interrupted goes on at the next call. Nothing is taken from
 * the source.
 * @throws RostroError of either gallery; the signal's reason
 */
export async function migratePeople(options: MigrationOptions): Promise<MigrationReport> {
  const { from, to, replace, onPerson, signal } = options;
  const there = new Map(to.people().map((person) => [person.name, person]));
  const everyone = from.people();
  const report = { copied: 0, already: 0, conflicts: [] as string[], missingCrops: 0 };
  for (const [i, person] of everyone.entries()) {
    signal?.throwIfAborted();
    const whole = await wholePerson(from, person);
    report.missingCrops += person.examples.filter(
      ({ crop }, k) => crop !== null && whole.examples[k].crop === null,
    ).length;
    const other = there.get(person.name);
    const isSame = other !== undefined && personDigest(await wholePerson(to, other)) === personDigest(whole);
    if (isSame) report.already += 1;
    else if ((other && !replace) || !(await isPut(to, whole))) report.conflicts.push(person.name);
    else report.copied += 1;
    onPerson?.(i + 1, everyone.length);
  }
  return report;
}

export interface Comparison {
  readonly people: number;
  readonly examples: number;
  /** Names of those whom the target lacks, or has otherwise. */
  readonly different: readonly string[];
}

/** Holds everyone of the source against the target, as it is read anew. */
export async function comparePeople(
  from: Source,
  to: Source,
  onPerson?: (done: number, total: number) => void,
): Promise<Comparison> {
  const there = new Map(to.people().map((person) => [person.name, person]));
  const everyone = from.people();
  const different: string[] = [];
  for (const [i, person] of everyone.entries()) {
    const other = there.get(person.name);
    const isSame =
      other !== undefined &&
      personDigest(await wholePerson(from, person)) === personDigest(await wholePerson(to, other));
    if (!isSame) different.push(person.name);
    onPerson?.(i + 1, everyone.length);
  }
  const examples = everyone.reduce((sum, person) => sum + person.examples.length, 0);
  return { people: everyone.length, examples, different };
}

async function wholePerson(gallery: Source, { name }: Person): Promise<WholePerson> {
  const examples: WholeExample[] = [];
  const person = await gallery.embeddedPerson(name);
  for (const { crop, ...example } of person.examples) {
    examples.push({ ...example, crop: crop === null ? null : await cropOf(gallery, name, example.id) });
  }
  return { ...person, examples };
}

/** @returns null where the photo is gone, though it should be there */
async function cropOf(gallery: Source, name: string, id: string): Promise<Uint8Array | null> {
  try {
    return await gallery.crop(name, id);
  } catch (error) {
    if (error instanceof RostroError && error.code === 'example_not_found') return null;
    throw error;
  }
}

/** @returns false where somebody else has their id */
async function isPut(to: Pick<Gallery, 'put'>, whole: WholePerson): Promise<boolean> {
  try {
    await to.put(whole);
    return true;
  } catch (error) {
    if (error instanceof RostroError && error.code === 'id_taken') return false;
    throw error;
  }
}

/**
 * SHA-256, hexadecimal, of all that a gallery holds of a person; the same wherever it lies. Dates count by their moment,
 * metadata without the order of its keys.
 */
export function personDigest({ name, id, metadata, groups, examples }: WholePerson): string {
  const described = examples.map(({ embedding, crop, addedAt, details, ...rest }) => ({
    id: rest.id,
    addedAt: addedAt === null ? null : new Date(addedAt).getTime(),
    details: details && { ...details },
    embedding: digestOf(new Uint8Array(embedding.buffer, embedding.byteOffset, embedding.byteLength)),
    crop: crop && digestOf(crop),
  }));
  return digestOf(canonical({ name, id, metadata, groups, examples: described }));
}

function digestOf(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex');
}

/** JSON with sorted keys, and without those that say nothing. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value)
    .filter(([, one]) => one !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, one]) => `${JSON.stringify(key)}:${canonical(one)}`).join(',')}}`;
}
