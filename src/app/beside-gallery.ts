import type { EmbedderContract } from '../faces/embed/embedder.js';
import type { Pipeline } from '../faces/pipeline/pipeline.js';
import type { ContractRef } from '../gallery/files/change-parts.js';
import type { Disk } from '../gallery/files/disk.js';
import type { Database } from '../gallery/postgres/database.js';
import { ExampleColumns } from '../gallery/postgres/example-columns.js';
import { DatabaseShadowRows } from '../gallery/postgres/shadow-vectors.js';
import { storedContracts } from '../gallery/postgres/stored-contracts.js';
import { VectorIndex } from '../gallery/postgres/vector-index.js';
import type { PrepareOptions, ReembedSource, ShadowRows } from '../gallery/reembed/prepare.js';
import { faceInCrop } from '../gallery/reembed/reembed.js';
import { FileReembedSource, FileShadowRows } from '../gallery/reembed/shadow-files.js';
import type { Vault } from '../gallery/sealing/vault.js';
import { RostroError } from '../shared/errors.js';
import type { Config } from './config.js';

/** A gallery, and additional rows of one other embedder. A server may use the gallery meanwhile. */
export interface BesideGallery {
  readonly source: ReembedSource;
  readonly rows: ShadowRows;
  /** Called when all rows are computed. */
  finish?(): Promise<void>;
}

/**
 * @param disk encrypts as the gallery does
 * @throws RostroError `bad_request` if the gallery has rows of this embedder already
 */
export async function besideFolder(
  { dataDir, disk }: { readonly dataDir: string; readonly disk: Disk },
  contract: ContractRef,
): Promise<BesideGallery> {
  const source = new FileReembedSource(disk, dataDir);
  const people = await source.people();
  if (people.every(({ sidecar, unlabelled }) => unlabelled === 0 && sidecar?.contract === contract.id)) {
    throw hasThemAlready(contract);
  }
  const rows = new FileShadowRows(disk, dataDir, contract.id);
  await rows.prepare(contract);
  return { source, rows };
}

/** @throws RostroError `bad_request` if all vectors are of this embedder already */
export async function besideDatabase(
  { config, vault, database }: { readonly config: Config; readonly vault: Vault; readonly database: Database },
  contract: EmbedderContract,
): Promise<BesideGallery> {
  const stored = await storedContracts(database);
  if (stored.every((one) => one.contract === contract.id && one.missing === 0)) throw hasThemAlready(contract);
  const vectors = new DatabaseShadowRows(database, vault, contract);
  const beside = { source: vectors, rows: vectors };
  if (config.search.mode !== 'pgvector') return beside;
  const index = new VectorIndex(contract, new ExampleColumns(vault, contract));
  return { ...beside, finish: () => index.prepare(database) };
}

/** Embeds the face in a kept crop; null where there is none, and for a damaged crop. */
export function cropEmbedder(pipeline: Pipeline): PrepareOptions['embedCrop'] {
  return async (crop, { details }) =>
    (await faceInCrop(pipeline, crop, details).catch(nullIfUnusable))?.embedding ?? null;
}

function hasThemAlready({ name }: { readonly name: string }): RostroError {
  return new RostroError('bad_request', `The gallery has the embeddings of ${name} already.`);
}

function nullIfUnusable(error: unknown): null {
  if (error instanceof RostroError && ['not_an_image', 'unsupported_image', 'damaged_image'].includes(error.code)) {
    return null;
  }
  throw error;
}
