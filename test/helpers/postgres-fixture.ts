import type { EmbedderContract } from '../../src/faces/embed/embedder.js';
import { Database } from '../../src/gallery/postgres/database.js';
import { openDatabase } from '../../src/gallery/postgres/migrate.js';
import { openPgGallery } from '../../src/gallery/postgres/open-pg-gallery.js';
import type { PgGallery } from '../../src/gallery/postgres/pg-gallery.js';
import { plainVault, type Vault } from '../../src/gallery/sealing/vault.js';
import { contract, exampleOf } from './gallery-fixture.js';
import { memoryLogger } from './log.js';

/** One server's view of a gallery in PostgreSQL. */
export interface OpenPg {
  readonly gallery: PgGallery;
  readonly database: Database;
  readonly logged: string[];
  readonly close: () => Promise<void>;
}

interface OpenOptions {
  readonly running?: EmbedderContract;
  readonly vault?: Vault;
  /** Whether the database searches. */
  readonly searches?: boolean;
  /** For the connection that listens. */
  readonly listenUrl?: string;
}

const opened: OpenPg[] = [];

export async function openPg(
  url: string,
  { running = contract, vault = plainVault, searches = false, listenUrl }: OpenOptions = {},
): Promise<OpenPg> {
  const database = await openDatabase(url, listenUrl);
  const logged: string[] = [];
  try {
    const parts = { database, contract: running, vault, log: memoryLogger(logged), searches };
    const gallery = await openPgGallery(parts);
    const close = () => gallery.close().then(() => database.close());
    const one = { gallery, database, logged, close };
    opened.push(one);
    return one;
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** Ada and Bea are enrolled, if they are not yet. */
export async function openPgWithPeople(url: string): Promise<OpenPg> {
  const one = await openPg(url);
  const enrolled = new Set(one.gallery.people().map(({ name }) => name));
  for (const [i, name] of ['Ada', 'Bea'].entries()) if (!enrolled.has(name)) await one.gallery.add(name, exampleOf(i));
  return one;
}

export async function closeAll(): Promise<void> {
  for (const { close } of opened.splice(0)) await close();
}
