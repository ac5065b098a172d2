import type { Command } from 'commander';
import { pipelineSpec } from '../../app/pipeline-spec.js';
import type { Config } from '../../app/config.js';
import type { EmbedderContract } from '../../faces/embed/embedder.js';
import { contractOf } from '../../faces/pipeline/contract.js';
import { type Database, openDatabase } from '../../gallery/postgres/database.js';
import { ExampleColumns } from '../../gallery/postgres/example-columns.js';
import { forgetVectors, type ForgottenVectors, VectorsBeside } from '../../gallery/postgres/vectors-beside.js';
import { refuseMissing, storedContracts, type StoredContract } from '../../gallery/postgres/missing-vectors.js';
import { VectorIndex } from '../../gallery/postgres/vector-index.js';
import { readKeys } from '../../gallery/sealing/key-file.js';
import { vaultOf, type Vault } from '../../gallery/sealing/vault.js';
import { configOf } from '../settings.js';
import { hasThemAlready, type BesideGallery } from './rows.js';

/** A gallery in a database that is about to get vectors of another embedder. */
export interface OpenedDatabase {
  readonly config: Config;
  readonly vault: Vault;
  readonly database: Database;
}

/** @param embedder in place of the one that is set; null for that one */
export async function withDatabase(
  command: Command,
  embedder: string | null,
  work: (opened: OpenedDatabase) => Promise<void>,
): Promise<void> {
  const config = configOf(command, { THREADS: '1' }, embedder === null ? {} : { EMBEDDER: embedder });
  const vault = vaultOf(await readKeys(config.encryptionKeyFiles));
  const database = await openDatabase(config.databaseUrl!);
  try {
    await work({ config, vault, database });
  } finally {
    await database.close();
  }
}

/** @throws RostroError `bad_request` where everybody has vectors of this embedder, and nobody any other */
export async function besideDatabase(
  { config, vault, database }: OpenedDatabase,
  contract: EmbedderContract,
): Promise<BesideGallery> {
  const stored = await storedContracts(database);
  if (stored.every((one) => one.contract === contract.id && one.missing === 0)) throw hasThemAlready(contract);
  const vectors = new VectorsBeside(database, vault, contract);
  const beside = { source: vectors, rows: vectors };
  if (config.search !== 'pgvector') return beside;
  const index = new VectorIndex(contract, new ExampleColumns(vault, contract));
  return { ...beside, finish: () => index.prepare(database) };
}

/** `rostro reembed --to EMBEDDER --switch`: servers switch one by one; tells whether they may. */
export function switchInDatabase(command: Command, embedder: string): Promise<void> {
  return withDatabase(command, embedder, async ({ config, database }) => {
    const contract = await contractOf(pipelineSpec(config));
    await refuseMissing(database, contract);
    console.log(
      `Everybody in the database has embeddings of ${contract.name}, so there is nothing to switch in it: restart the ` +
        `servers with EMBEDDER=${embedder}, one after the other.`,
    );
  });
}

/** `rostro reembed --back`: the same to whichever embedder there were vectors of before. */
export function goBackInDatabase(command: Command): Promise<void> {
  return withDatabase(command, null, async ({ database }) => {
    const stored = await storedContracts(database);
    const lines = [
      'Nothing was switched in the database: restart the servers with the former EMBEDDER, one after the other. It has embeddings of',
      ...stored.map(storedLine),
    ];
    console.log(stored.length === 0 ? 'There is no way back: the database has no embeddings.' : lines.join('\n'));
  });
}

/** `rostro reembed --forget`: deletes the vectors of other embedders than the one that is set. */
export function forgetInDatabase(command: Command): Promise<void> {
  return withDatabase(command, null, async ({ config, database }) => {
    const contract = await contractOf(pipelineSpec(config));
    const forgotten = await forgetVectors(database, contract);
    console.log(
      [...forgotten.map(forgottenLine), `The embeddings of ${contract.name} (${contract.id}) stay.`].join('\n'),
    );
    if (forgotten.some(({ deleted }) => deleted === null)) process.exitCode = 1;
  });
}

function storedLine({ contract, vectors, missing }: StoredContract): string {
  const rest = missing === 0 ? '' : `, not of ${missing}: "rostro reembed --to EMBEDDER" makes these first`;
  return `  ${contract}: of ${vectors} examples${rest}`;
}

function forgottenLine({ contract, deleted }: ForgottenVectors): string {
  if (deleted === null) return `A server uses the embeddings of ${contract}: they stay.`;
  return `${deleted} embeddings of ${contract} are deleted.`;
}
