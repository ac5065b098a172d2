import { createHash, randomBytes } from 'node:crypto';
import { EXAMPLE_ID, type Sidecar, type SidecarEntry } from './files/sidecar.js';
import type { EmbeddedExample, FullPerson, Person } from './gallery.js';

/** SHA-256 of a row's float32 bytes, cut to 32 hexadecimal digits. */
export function hashRow(row: Float32Array): string {
  const bytes = new Uint8Array(row.buffer, row.byteOffset, row.byteLength);
  return createHash('sha256').update(bytes).digest('hex').slice(0, 32);
}

export interface DescribedRows {
  readonly examples: readonly EmbeddedExample[];
  /** Number of rows without an entry: written by the original system or by hand. */
  readonly unlabelled: number;
  /** Entries without a row. */
  readonly stale: readonly SidecarEntry[];
}

/**
 * Joins rows with their sidecar entries by hash. Equal rows take their entries in order. The rows alone decide which
 * examples exist.
 */
export function describeRows(rows: readonly Float32Array[], sidecar: Sidecar | null): DescribedRows {
  const waiting = new Map<string, SidecarEntry[]>();
  for (const entry of sidecar?.examples ?? []) {
    const queue = waiting.get(entry.rowHash);
    if (queue) queue.push(entry);
    else waiting.set(entry.rowHash, [entry]);
  }
  const taken = new Set(sidecar?.examples.map(({ id }) => id));
  let unlabelled = 0;
  const examples = rows.map((embedding): EmbeddedExample => {
    const hash = hashRow(embedding);
    const entry = waiting.get(hash)?.shift();
    if (entry) return { id: entry.id, embedding, crop: entry.crop, addedAt: entry.addedAt, details: entry.details };
    unlabelled += 1;
    return { id: unlabelledId(hash, taken), embedding, crop: null, addedAt: null, details: null };
  });
  return { examples, unlabelled, stale: [...waiting.values()].flat() };
}

/** Derived from the row, so that it is the same at every start. */
function unlabelledId(hash: string, taken: Set<string>): string {
  const base = `original-${hash.slice(0, 12)}`;
  let id = base;
  for (let copy = 2; taken.has(id); copy++) id = `${base}-${copy}`;
  taken.add(id);
  return id;
}

/** Sidecar entries of these examples, in their order. */
export function entriesOf(examples: readonly EmbeddedExample[]): SidecarEntry[] {
  return examples.map(({ id, embedding, crop, addedAt, details }) => ({
    rowHash: hashRow(embedding),
    id,
    crop,
    addedAt,
    details,
  }));
}

/** As they are stored in a sidecar or an archive. */
export function negativeEntriesOf<T extends { readonly embedding: Float32Array | null }>(
  negatives: readonly T[],
): (Omit<T, 'embedding'> & { embedding: string | null })[] {
  return negatives.map(({ embedding, ...rest }) => ({ ...rest, embedding: embedding && base64Of(embedding) }));
}

/** An embedding that does not fit is dropped; it is computed again. */
export function negativesOf<T extends { readonly embedding: string | null }>(
  entries: readonly T[],
  dimension: number,
): (Omit<T, 'embedding'> & { embedding: Float32Array | null })[] {
  return entries.map(({ embedding, ...rest }) => {
    const values =
      embedding === null ? null : new Float32Array(Uint8Array.from(Buffer.from(embedding, 'base64')).buffer);
    const isUsable = values?.length === dimension && values.every(Number.isFinite);
    return { ...rest, embedding: isUsable ? values : null };
  });
}

function base64Of({ buffer, byteOffset, byteLength }: Float32Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
}

/** The examples and negatives of a person, with new ids in place of those that `other` has too. */
export function withFreeIds<T extends Person>(person: T, other: Person): Pick<T, 'examples' | 'negatives'> {
  const taken = new Set([...other.examples, ...(other.negatives ?? [])].map(({ id }) => id));
  const freeId = (id: string) => (taken.has(id) ? newExampleId() : id);
  const ids = new Map(person.examples.map(({ id }) => [id, freeId(id)]));
  const negatives = person.negatives?.map((one) => ({
    ...one,
    id: freeId(one.id),
    nearest: one.nearest && (ids.get(one.nearest) ?? one.nearest),
  }));
  return { examples: person.examples.map((one) => ({ ...one, id: ids.get(one.id)! })), negatives };
}

/** @throws Error for invalid data, which is a bug of the caller */
export function checkFullPerson({ examples, negatives = [] }: FullPerson, dimension: number): void {
  if (examples.length === 0) throw new Error('a person has at least one example');
  const ids = new Set(examples.map(({ id }) => id));
  if (ids.size < examples.length) throw new Error('no two examples of a person have the same id');
  for (const { id, embedding } of examples) {
    if (!EXAMPLE_ID.test(id)) throw new Error('the id of an example matches ' + EXAMPLE_ID.source);
    checkEmbedding(embedding, dimension);
  }
  for (const { id, embedding } of negatives) {
    if (!EXAMPLE_ID.test(id)) throw new Error('the id of a negative matches ' + EXAMPLE_ID.source);
    if (embedding) checkEmbedding(embedding, dimension);
  }
}

export function checkEmbedding(embedding: Float32Array, dimension: number): void {
  if (embedding.length !== dimension || !embedding.every(Number.isFinite)) {
    throw new Error(`an embedding has ${dimension} finite values`);
  }
}

/** A random, unused id. */
export function newExampleId(): string {
  return randomBytes(8).toString('hex');
}
