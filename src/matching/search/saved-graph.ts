import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, renameSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { reasonOf } from '../../shared/errors.js';
import { PRIVATE_FILE, PRIVATE_FOLDER, syncFile, writeNewFile } from '../../shared/files.js';
import { parseJson } from '../../shared/json.js';
import { type ExampleGraph, GRAPH_SHAPE } from './example-graph.js';
import type { ExampleRows } from './example-rows.js';
import { Subspace } from './subspace.js';

/** Bytes of SHA-256 that identify a row. Two of a million different rows collide with a probability of 1 in 37 million. */
const DIGEST_BYTES = 8;

const manifest = z.strictObject({
  version: z.literal(2),
  /** Id of the embedder's contract. */
  contract: z.string(),
  dimension: z.int(),
  shape: z.strictObject({ connectivity: z.int(), expansionAdd: z.int(), expansionSearch: z.int() }),
  /** Of the graph's file; usearch crashes on some damaged files. */
  sha256: z.string(),
  /** Number of rows that each key is the mean of, in the order of keys. */
  founders: z.array(z.int().min(1)),
  /** Digests of those rows, joined; base64. */
  digests: z.base64(),
  /** Basis of the space that the graph compares vectors in, float32, base64. */
  space: z.base64().nullable(),
});

const TEMPORARY = '.tmp';
export const graphFolder = (stateDir: string) => join(stateDir, 'search');
const graphFile = (folder: string) => join(folder, 'graph.usearch');
const manifestFile = (folder: string) => join(folder, 'graph.json');

/**
 * Writes the graph into a new folder beside `folder` and syncs it. Only the owner may read it. The graph must not hold
 * erased examples.
 * @returns path of the new folder
 */
export async function saveGraph(
  folder: string,
  contract: string,
  graph: ExampleGraph,
  examples: ExampleRows,
): Promise<string> {
  const fresh = asideFolder(folder);
  mkdirSync(fresh, { recursive: true, mode: PRIVATE_FOLDER });
  const { founders } = graph;
  const digests = Buffer.concat(founders.flat().map((row) => digestOf(examples.row(row))));
  graph.save(graphFile(fresh));
  await syncFile(graphFile(fresh), PRIVATE_FILE);
  const stored: z.infer<typeof manifest> = {
    version: 2,
    contract,
    dimension: examples.dimension,
    shape: GRAPH_SHAPE,
    sha256: await sha256Of(graphFile(fresh)),
    founders: founders.map(({ length }) => length),
    digests: digests.toString('base64'),
    space: graph.space && Buffer.from(graph.space.basis.buffer).toString('base64'),
  };
  await writeNewFile(manifestFile(fresh), JSON.stringify(stored));
  return fresh;
}

/**
 * Restores the saved graph, without the rows that `examples` does not hold.
 * @returns null when it was restored or none is saved; otherwise why it cannot be used
 */
export async function restoreGraph(
  folder: string,
  contract: string,
  graph: ExampleGraph,
  examples: ExampleRows,
): Promise<string | null> {
  if (!existsSync(manifestFile(folder))) return null;
  const text = await readFile(manifestFile(folder), 'utf8').catch(() => '');
  const stored = manifest.safeParse(parseJson(text)).data;
  if (stored === undefined) return 'its description is damaged or of another version';
  if (stored.contract !== contract) return 'it is of another embedder';
  const shape = { dimension: examples.dimension, shape: GRAPH_SHAPE };
  if (JSON.stringify({ dimension: stored.dimension, shape: stored.shape }) !== JSON.stringify(shape)) {
    return 'it was made in another way';
  }
  const sha256 = await sha256Of(graphFile(folder)).catch(() => null);
  if (sha256 !== stored.sha256) return 'its file is damaged';
  try {
    const founders = foundersIn(stored, rowsOf(Buffer.from(stored.digests, 'base64'), examples));
    graph.restore(graphFile(folder), founders, spaceIn(stored));
    return null;
  } catch (error) {
    return reasonOf(error);
  }
}

/** Removes the saved graph and what an interrupted save left, because both hold embeddings. */
export async function discardGraph(folder: string): Promise<void> {
  const names = await readdir(dirname(folder)).catch(() => []);
  const isTemporary = (name: string) => name.startsWith(`${basename(folder)}.`) && name.endsWith(TEMPORARY);
  const leftOvers = names.filter(isTemporary).map((name) => join(dirname(folder), name));
  for (const path of [folder, ...leftOvers]) await rm(path, { recursive: true, force: true });
}

/** @returns a path that does not exist yet, in the same folder */
export function asideFolder(folder: string): string {
  return `${folder}.${randomUUID()}${TEMPORARY}`;
}

/** @returns the rows of each key; an empty list where one of them is gone */
function foundersIn({ founders }: Pick<z.infer<typeof manifest>, 'founders'>, rows: readonly number[]): number[][] {
  let at = 0;
  return founders.map((count) => {
    const some = rows.slice(at, (at += count));
    return some.length === count && !some.includes(-1) ? some : [];
  });
}

function spaceIn({ space, dimension }: Pick<z.infer<typeof manifest>, 'space' | 'dimension'>): Subspace | null {
  return space === null
    ? null
    : new Subspace(dimension, new Float32Array(new Uint8Array(Buffer.from(space, 'base64')).buffer));
}

/** @returns for each saved example its row, -1 where there is none */
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

/**
 * Moves a graph that {@link saveGraph} wrote to its folder, or removes it when an example was erased meanwhile. Nothing else
 * runs in this thread between the question and the move, so an erasure either is known or removes the folder itself.
 */
export async function publishGraph(written: string, folder: string, mayPublish: () => boolean): Promise<void> {
  const old = asideFolder(folder);
  if (!mayPublish()) return rm(written, { recursive: true, force: true });
  try {
    moveIfThere(folder, old);
    moveIfThere(written, folder);
  } finally {
    for (const path of [old, written]) await rm(path, { recursive: true, force: true });
  }
}

/** An erasure may have removed the folder. */
function moveIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
