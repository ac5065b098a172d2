import { createHash } from 'node:crypto';
import { EXAMPLE_ID, type Sidecar, type SidecarEntry } from './files/sidecar.js';
import type { EmbeddedExample, WholePerson } from './gallery.js';

/** SHA-256 of a row's float32 bytes, 32 hexadecimal digits of it. */
export function hashRow(row: Float32Array): string {
  const bytes = new Uint8Array(row.buffer, row.byteOffset, row.byteLength);
  return createHash('sha256').update(bytes).digest('hex').slice(0, 32);
}

export interface DescribedRows {
  readonly examples: readonly EmbeddedExample[];
  /** How many rows no entry describes: written by the original system or by hand. */
  readonly unlabelled: number;
  /** Entries that describe no row. */
  readonly stale: readonly SidecarEntry[];
}

/**
 * Puts each row together with its entry. A row takes the first entry of its hash that no row before it took, so two
 * equal rows keep their two entries. The rows alone decide what exists.
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

/** The same at every start, as long as the rows are the same. */
function unlabelledId(hash: string, taken: Set<string>): string {
  const base = `original-${hash.slice(0, 12)}`;
  let id = base;
  for (let copy = 2; taken.has(id); copy++) id = `${base}-${copy}`;
  taken.add(id);
  return id;
}

/** The entries that describe these examples, in their order. */
export function entriesOf(examples: readonly EmbeddedExample[]): SidecarEntry[] {
  return examples.map(({ id, embedding, crop, addedAt, details }) => ({
    rowHash: hashRow(embedding),
    id,
    crop,
    addedAt,
    details,
  }));
}

/** Refuses what no gallery could keep; that such a thing comes is a defect of the caller. */
export function checkWholePerson({ examples }: WholePerson, dimension: number): void {
  if (examples.length === 0) throw new Error('a person has at least one example');
  const ids = new Set(examples.map(({ id }) => id));
  if (ids.size < examples.length) throw new Error('no two examples of a person have the same id');
  for (const { id, embedding } of examples) {
    if (!EXAMPLE_ID.test(id)) throw new Error('the id of an example matches ' + EXAMPLE_ID.source);
    checkEmbedding(embedding, dimension);
  }
}

export function checkEmbedding(embedding: Float32Array, dimension: number): void {
  if (embedding.length !== dimension || !embedding.every(Number.isFinite)) {
    throw new Error(`an embedding has ${dimension} finite values`);
  }
}
