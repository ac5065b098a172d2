import type { EmbedderContract } from '../../embed/embedder.js';
import type { Logger } from '../../observe/logger.js';
import type { Vault } from '../sealing/vault.js';
import { catchUp } from './catch-up.js';
import { ChangeSession, otherContract } from './change-session.js';
import type { Database } from './database.js';
import { ExampleColumns } from './example-columns.js';
import { Follower } from './follower.js';
import { Mirror } from './mirror.js';
import { PeopleReader } from './people-reader.js';
import { PeopleWriter } from './people-writer.js';
import { PgGallery } from './pg-gallery.js';

export interface PgGalleryOptions {
  readonly database: Database;
  /** Of the embedder that runs. */
  readonly contract: EmbedderContract;
  readonly vault: Vault;
  readonly log: Logger;
}

/**
 * Reads everyone, and follows the changes of other servers from then on.
 * @throws RostroError `database_unreachable`, `database_incompatible`, `gallery_contract_mismatch`, `gallery_corrupt`,
 *   `encryption_key_wrong`
 */
export async function openPgGallery(options: PgGalleryOptions): Promise<{ gallery: PgGallery; notices: string[] }> {
  const { database, contract, vault, log } = options;
  await checkContract(database, contract);
  const columns = new ExampleColumns(vault, contract);
  const reader = new PeopleReader(columns, contract.id);
  const mirror = new Mirror();
  const follower = new Follower({
    database,
    log,
    catchUp: (session, suspects) => catchUp(session, { mirror, reader }, suspects),
    position: () => mirror.position?.number ?? -1,
  });
  const writer = new PeopleWriter(columns, contract.id);
  const changes = new ChangeSession({ database, mirror, reader, contract });
  await follower.start();
  const gallery = new PgGallery({ database, contract, mirror, writer, changes, follower });
  return { gallery, notices: await noticesOf(database, contract) };
}

async function checkContract(database: Database, running: EmbedderContract): Promise<void> {
  const [{ contract, embedder, some }] = await database.query<{
    contract: string | null;
    embedder: string | null;
    some: boolean;
  }>('SELECT contract, embedder, EXISTS (SELECT FROM rostro.examples) AS some FROM rostro.gallery');
  if (!some || contract === null || contract === running.id) return;
  throw otherContract({ id: contract, name: embedder ?? '' }, running);
}

/** @returns a sentence where examples have no vector of this embedder */
async function noticesOf(database: Database, { id, name }: EmbedderContract): Promise<string[]> {
  const [{ count }] = await database.query<{ count: number }>(
    `SELECT count(*) AS count FROM rostro.examples e
     WHERE NOT EXISTS (SELECT FROM rostro.vectors v WHERE v.contract = $1 AND v.example = e.key)`,
    [id],
  );
  return count === 0 ? [] : [`${count} examples in the database have no embedding of ${name} and are left out`];
}
