import type { Command } from 'commander';
import type { Config } from '../../app/config.js';
import { pipelineSpec, withGalleryEmbedder } from '../../app/pipeline.js';
import { contractOf } from '../../faces/pipeline/spec.js';
import type { Database } from '../../gallery/postgres/database.js';
import { openDatabase } from '../../gallery/postgres/migrate.js';
import { type DeletedVectors, deleteOtherVectors } from '../../gallery/postgres/shadow-vectors.js';
import { refuseMissing, type StoredContract, storedContracts } from '../../gallery/postgres/stored-contracts.js';
import { readKeys } from '../../gallery/sealing/key-file.js';
import { type Vault, vaultOf } from '../../gallery/sealing/vault.js';
import { print, setExitCode } from '../io.js';
import { configOf } from '../settings.js';

/** A gallery in a database that gets vectors of another embedder. */
export interface OpenedDatabase {
  readonly config: Config;
  readonly vault: Vault;
  readonly database: Database;
}

/** @param embedder overrides the setting; null uses it */
export async function withDatabase(
  command: Command,
  embedder: string | null,
  work: (opened: OpenedDatabase) => Promise<void>,
): Promise<void> {
  const given = configOf(command, { THREADS: '1' }, embedder === null ? {} : { EMBEDDER: embedder });
  const config = await withGalleryEmbedder(given);
  const vault = vaultOf(await readKeys(config.storage.encryptionKeyFiles));
  const database = await openDatabase(config.storage.databaseUrl!, config.storage.databaseListenUrl);
  try {
    await work({ config, vault, database });
  } finally {
    await database.close();
  }
}

/** `rostro reembed --to EMBEDDER --switch`: checks whether the servers can switch, one after the other. */
export function switchInDatabase(command: Command, embedder: string): Promise<void> {
  return withDatabase(command, embedder, async ({ config, database }) => {
    const contract = await contractOf(pipelineSpec(config));
    await refuseMissing(database, contract);
    print(
      `Everybody in the database has embeddings of ${contract.name}, so there is nothing to switch in it: restart the ` +
        `servers with EMBEDDER=${embedder}, one after the other.`,
    );
  });
}

/** `rostro reembed --back`: lists the embedders that the servers can switch back to. */
export function goBackInDatabase(command: Command): Promise<void> {
  return withDatabase(command, null, async ({ database }) => {
    const stored = await storedContracts(database);
    const lines = [
      'Nothing was switched in the database: restart the servers with the former EMBEDDER, one after the other. It has embeddings of',
      ...stored.map(storedLine),
    ];
    print(stored.length === 0 ? 'There is no way back: the database has no embeddings.' : lines.join('\n'));
  });
}

/** `rostro reembed --forget`: deletes the vectors of all embedders except the current one. */
export function forgetInDatabase(command: Command): Promise<void> {
  return withDatabase(command, null, async ({ config, database }) => {
    const contract = await contractOf(pipelineSpec(config));
    const forgotten = await deleteOtherVectors(database, contract);
    print([...forgotten.map(forgottenLine), `The embeddings of ${contract.name} (${contract.id}) stay.`].join('\n'));
    if (forgotten.some(({ deleted }) => deleted === null)) setExitCode(1);
  });
}

function storedLine({ contract, vectors, missing }: StoredContract): string {
  const rest = missing === 0 ? '' : `, not of ${missing}: "rostro reembed --to EMBEDDER" makes these first`;
  return `  ${contract}: of ${vectors} examples${rest}`;
}

function forgottenLine({ contract, deleted }: DeletedVectors): string {
  if (deleted === null) return `A server uses the embeddings of ${contract}: they stay.`;
  return `${deleted} embeddings of ${contract} are deleted.`;
}
