import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync } from 'node:fs';
import { open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { reasonOf } from '../../shared/errors.js';
import { GRAPH_SHAPE, type ExampleGraph } from './example-graph.js';
import type { ExampleRows } from './example-rows.js';

/** Bytes of SHA-256 that tell rows apart: two of a million different ones are the same once in 37 million times. */
const DIGEST_BYTES = 8;

const manifest = z.strictObject({
  version: z.literal(1),
  /** Of the embedder. */
  contract: z.string(),
  dimension: z.int(),
  shape: z.strictObject({ connectivity: z.int(), expansionAdd: z.int(), expansionSearch: z.int() }),
  /** SHA-256 of the graph's file: usearch does not survive every damage. */
  sha256: z.string(),
  /** How many rows each key is the mean of, in the order of keys. */
  founders: z.array(z.int().min(1)),
  /** Digests of those rows, joined; base64. */
  digests: z.base64(),
});

const ASIDE = '.tmp';
/** Beside the gallery's other derived files. */
export const graphFolder = (stateDir: string) => join(stateDir, 'search');
const graphFile = (folder: string) => join(folder, 'graph.usearch');
const manifestFile = (folder: string) => join(folder, 'graph.json');

/**
 * Writes the graph into a new folder beside `folder`, whole and synced. Only its owner may read it. Not while it leads to
 * anybody who was erased.
 * @returns the new folder
 */
export async function saveGraph(
  folder: string,
  contract: string,
  graph: ExampleGraph,
  examples: ExampleRows,
): Promise<string> {
  const fresh = asideFrom(folder);
  mkdirSync(fresh, { recursive: true, mode: 0o700 });
  const { founders } = graph;
  const digests = Buffer.concat(founders.flat().map((row) => digestOf(examples.row(row))));
  graph.save(graphFile(fresh));
  await sync(graphFile(fresh));
  const stored: z.infer<typeof manifest> = {
    version: 1,
    contract,
    dimension: examples.dimension,
    shape: GRAPH_SHAPE,
    sha256: await sha256Of(graphFile(fresh)),
    founders: founders.map(({ length }) => length),
    digests: digests.toString('base64'),
  };
  await writeFile(manifestFile(fresh), JSON.stringify(stored), { mode: 0o600 });
  await sync(manifestFile(fresh));
  return fresh;
}

/**
 * Takes up what was saved, as far as it is of the rows that are there.
 * @returns null when that was done or nothing is saved; else why it cannot be used
 */
export async function restoreGraph(
  folder: string,
  contract: string,
  graph: ExampleGraph,
  examples: ExampleRows,
): Promise<string | null> {
  if (!existsSync(manifestFile(folder))) return null;
  const text = await readFile(manifestFile(folder), 'utf8').catch(() => '');
  const stored = manifest.safeParse(jsonOf(text)).data;
  if (stored === undefined) return 'its description is damaged or of another version';
  if (stored.contract !== contract) return 'it is of another embedder';
  const shape = { dimension: examples.dimension, shape: GRAPH_SHAPE };
  if (JSON.stringify({ dimension: stored.dimension, shape: stored.shape }) !== JSON.stringify(shape)) {
    return 'it was made in another way';
  }
  const sha256 = await sha256Of(graphFile(folder)).catch(() => null);
  if (sha256 !== stored.sha256) return 'its file is damaged';
  try {
    graph.restore(graphFile(folder), foundersIn(stored, rowsOf(Buffer.from(stored.digests, 'base64'), examples)));
    return null;
  } catch (error) {
    return reasonOf(error);
  }
}

/** Removes what was saved, and what a stop left of a saving: everybody's embeddings are in it. */
export async function discardGraph(folder: string): Promise<void> {
  const beside = await readdir(dirname(folder)).catch(() => []);
  const isAside = (name: string) => name.startsWith(`${basename(folder)}.`) && name.endsWith(ASIDE);
  const leftOvers = beside.filter(isAside).map((name) => join(dirname(folder), name));
  for (const path of [folder, ...leftOvers]) await rm(path, { recursive: true, force: true });
}

/** @returns a folder beside it that nothing has yet */
export function asideFrom(folder: string): string {
  return `${folder}.${randomUUID()}${ASIDE}`;
}

/** @returns the rows of each key; none where one of them is gone */
function foundersIn({ founders }: Pick<z.infer<typeof manifest>, 'founders'>, rows: readonly number[]): number[][] {
  let at = 0;
  return founders.map((count) => {
    const some = rows.slice(at, (at += count));
    return some.length === count && !some.includes(-1) ? some : [];
  });
}

/** @returns the row that holds each saved example, -1 where none does */
function rowsOf(digests: Buffer, examples: ExampleRows): number[] {
  const there = new Map<string, number[]>();
  for (let row = 0; row < examples.count; row++) {
    if (examples.ownerOf(row) < 0) continue;
    const digest = digestOf(examples.row(row)).toString('latin1');
    const same = there.get(digest);
    if (same) same.push(row);
    else there.set(digest, [row]);
  }
  return Array.from({ length: digests.length / DIGEST_BYTES }, (_, key) => {
    const digest = digests.toString('latin1', key * DIGEST_BYTES, (key + 1) * DIGEST_BYTES);
    return there.get(digest)?.pop() ?? -1;
  });
}

function digestOf({ buffer, byteOffset, byteLength }: Float32Array): Buffer {
  const hash = createHash('sha256').update(new Uint8Array(buffer, byteOffset, byteLength));
  return hash.digest().subarray(0, DIGEST_BYTES);
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.chmod(0o600);
    await file.sync();
  } finally {
    await file.close();
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
