import type { Config } from './config.js';
import type { EmbedderContract } from '../faces/embed/embedder.js';
import { RostroError } from '../shared/errors.js';
import type { PeopleFinder } from '../matching/matcher.js';
import type { Logger } from '../shared/logger.js';
import { createLogger } from '../shared/pino-logger.js';
import { discardStaleClassifier } from '../privacy/learned.js';
import { galleryClassifierFile, seenPeople } from '../matching/classifiers/classifier-store.js';
import { nodeDisk } from '../gallery/files/disk.js';
import { FolderLock, type WritePermission } from '../gallery/files/folder-lock.js';
import type { EmbeddedPerson, Gallery } from '../gallery/gallery.js';
import { galleryNotices } from '../gallery/notices.js';
import { openNpyGallery, type GalleryReport } from '../gallery/files/open-npy-gallery.js';
import type { Database } from '../gallery/postgres/database.js';
import { openPgGallery } from '../gallery/postgres/open-pg-gallery.js';
import type { Vault } from '../gallery/sealing/vault.js';
import { openStores } from './stores.js';

/**
 * `read` for a command that leaves the gallery alone: it needs no lock, and a server may run. `repair` sets aside
 * whatever does not add up, other people's files too.
 */
export type GalleryAccess = 'read' | 'write' | 'repair';

export interface OpenedGallery {
  readonly gallery: Gallery;
  readonly report: GalleryReport;
  /** What was mended or is strange; a sentence each. */
  readonly notices: readonly string[];
  /** Whether what the gallery lies in is there at the moment. */
  readonly isConnected: () => boolean;
  /** Where the database searches; null where memory holds all embeddings. */
  readonly finder: PeopleFinder | null;
}

export interface GalleryParts {
  readonly database: Database | null;
  readonly contract: EmbedderContract;
  readonly vault: Vault;
  readonly log: Logger;
  readonly access: GalleryAccess;
  /** Of the folder; null only looks. A database needs none. */
  readonly lock: WritePermission | null;
}

/** @throws RostroError when the gallery is not usable; the message says why, and what to do */
export async function openGallery({ dataDir, stateDir, search }: Config, parts: GalleryParts): Promise<OpenedGallery> {
  const { database, contract, vault, log, access, lock } = parts;
  if (database) {
    const gallery = await openPgGallery({
      ...{ database, contract, vault, log, searches: search === 'pgvector' },
      onNews: access === 'read' ? undefined : (changed) => forgetErased(stateDir, vault, changed),
    });
    const { search: finder } = gallery;
    return { gallery, report: reportOf(gallery), notices: [], isConnected: () => gallery.isConnected, finder };
  }
  const move = access === 'repair' ? 'everything' : 'ours';
  const { gallery, report } = await openNpyGallery({ dataDir, contract, lock, vault, move });
  return { gallery, report, notices: galleryNotices(report), isConnected: () => true, finder: null };
}

export interface TakenLock {
  readonly lock: FolderLock | null;
  readonly notices: readonly string[];
}

/** A disk that is full or read-only keeps nobody from being recognised: the gallery is only looked at then. */
export async function lockFolder({ dataDir, databaseUrl }: Config, access: GalleryAccess): Promise<TakenLock> {
  if (access === 'read' || databaseUrl !== undefined) return { lock: null, notices: [] };
  try {
    return { lock: await FolderLock.take(dataDir), notices: [] };
  } catch (error) {
    if (!(error instanceof RostroError) || error.code !== 'storage_failed') throw error;
    return { lock: null, notices: [`${error.message} The gallery can be read but not changed until the next start.`] };
  }
}

/** Whoever was erased at another server must not outlive that in what this one has learnt. */
async function forgetErased(stateDir: string, vault: Vault, gallery: Pick<Gallery, 'people'>): Promise<void> {
  if (!(await nodeDisk.exists(galleryClassifierFile(stateDir)))) return;
  await discardStaleClassifier(stateDir, seenPeople(gallery.people()), vault);
}

/** There are no files that could not add up. */
function reportOf(gallery: Gallery): GalleryReport {
  const people = gallery.people();
  return {
    people: people.length,
    examples: people.reduce((sum, { examples }) => sum + examples.length, 0),
    ...{ adopted: [], withoutTheirId: [], interruptedChange: 'nothing', setAside: [], missingCrops: [], strangers: [] },
  };
}

/** Everyone as they are at the moment, for a command that changes nothing. @throws RostroError as {@link openGallery} */
export async function everyoneIn(
  config: Config,
  contract: EmbedderContract,
  vault: Vault,
): Promise<readonly EmbeddedPerson[]> {
  const log = createLogger({ level: config.logLevel, format: 'text' }, process.stderr);
  const stores = await openStores(config);
  try {
    const { database } = stores;
    const { gallery } = await openGallery(config, { database, contract, vault, log, access: 'read', lock: null });
    const everyone = gallery.embedded();
    await gallery.close();
    return everyone;
  } finally {
    await stores.close();
  }
}
