import type { EmbedderContract } from '../../faces/embed/embedder.js';
import type { Logger } from '../../shared/logger.js';
import type { Vault } from '../sealing/vault.js';
import { catchUp } from './catch-up.js';
import { ChangeSession } from './change-session.js';
import type { Database } from './database.js';
import { DistantSearch } from './distant-search.js';
import { ExampleColumns } from './example-columns.js';
import { Follower } from './follower.js';
import { Mirror } from './mirror.js';
import { refuseMissing } from './missing-vectors.js';
import { PeopleReader } from './people-reader.js';
import { PeopleWriter } from './people-writer.js';
import { PgGallery } from './pg-gallery.js';
import { VectorIndex } from './vector-index.js';

export interface PgGalleryOptions {
  readonly database: Database;
  /** Of the embedder that runs. */
  readonly contract: EmbedderContract;
  readonly vault: Vault;
  readonly log: Logger;
  /** Whether the database searches, so that memory holds no embeddings; default: no. */
  readonly searches?: boolean;
  /** Called when changes of other servers have come in. */
  readonly onNews?: ((gallery: Pick<PgGallery, 'people'>) => Promise<unknown>) | undefined;
}

/**
 * Reads everyone, and follows the changes of other servers from then on.
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
    catchUp: (session, suspects) => catchUp(session, { mirror, reader }, suspects),
    caughtUp: async () => {
      await index?.complete(database);
      await options.onNews?.(mirror);
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
  const search = index && new DistantSearch({ database, mirror, index });
  const embeddedReader = new PeopleReader(columns, contract.id);
  const parts = { database, contract, mirror, writer, changes, follower, search };
  return new PgGallery({ ...parts, reader: embeddedReader });
}
