import type { EmbedderContract } from '../../faces/embed/embedder.js';
import type { Logger } from '../../shared/logger.js';
import type { Vault } from '../sealing/vault.js';
import { ChangeSession } from './change-session.js';
import { DatabaseSearch } from './database-search.js';
import type { Database } from './database.js';
import { ExampleColumns } from './example-columns.js';
import { Follower } from './follower.js';
import { catchUp, Mirror } from './mirror.js';
import { NegativeRows } from './negative-rows.js';
import { PeopleReader } from './people-reader.js';
import { PeopleWriter } from './people-writer.js';
import { PgGallery } from './pg-gallery.js';
import { refuseMissing } from './stored-contracts.js';
import { VectorIndex } from './vector-index.js';

export interface PgGalleryOptions {
  readonly database: Database;
  /** Contract of the running embedder. */
  readonly contract: EmbedderContract;
  readonly vault: Vault;
  readonly log: Logger;
  /** Whether the database searches, with pgvector; memory holds no embeddings then. Default: false. */
  readonly searches?: boolean;
  /** Called after changes of other servers were applied. */
  readonly onRemoteChange?: ((gallery: Pick<PgGallery, 'people'>) => Promise<unknown>) | undefined;
}

/**
 * Reads all people, and follows the changes of other servers.
 * @throws RostroError `database_unreachable`, `database_incompatible`, `gallery_contract_mismatch`, `gallery_corrupt`,
 *   `encryption_key_wrong`
 */
export async function openPgGallery(options: PgGalleryOptions): Promise<PgGallery> {
  const { database, contract, vault, log, searches = false } = options;
  await refuseMissing(database, contract);
  const columns = new ExampleColumns(vault, contract);
  const index = searches ? new VectorIndex(contract, columns) : null;
  await index?.prepare(database);
  const reader = new PeopleReader(columns, contract.id, searches ? 'embedded, without vectors' : 'embedded');
  const mirror = new Mirror();
  const follower = new Follower({
    database,
    contract: contract.id,
    log,
    catchUp: (session, verify) => catchUp(session, { mirror, reader }, verify),
    onCaughtUp: async () => {
      await index?.complete(database);
      await options.onRemoteChange?.(mirror);
    },
    position: () => mirror.position?.number ?? -1,
  });
  const writer = new PeopleWriter(columns, contract.id, index);
  const changes = new ChangeSession({ database, mirror, reader, contract });
  await follower.start();
  await refuseMissing(database, contract).catch(async (error: unknown) => {
    await follower.close();
    throw error;
  });
  const search = index && new DatabaseSearch({ database, mirror, index });
  const embeddedReader = new PeopleReader(columns, contract.id);
  const negativeRows = new NegativeRows(columns, contract.id);
  const parts = { database, contract, mirror, writer, changes, follower, search, negativeRows };
  return new PgGallery({ ...parts, reader: embeddedReader });
}
