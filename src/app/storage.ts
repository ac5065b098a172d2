import type { PersonAttendance } from '../attendance/attendance-store.js';
import type { EmbedderContract } from '../faces/embed/embedder.js';
import { nodeDisk } from '../gallery/files/disk.js';
import { FolderLock, type WritePermission } from '../gallery/files/folder-lock.js';
import {
  embedderOfFiles,
  galleryNotices,
  type GalleryReport,
  openNpyGallery,
} from '../gallery/files/open-npy-gallery.js';
import type { EmbeddedPerson, Gallery } from '../gallery/gallery.js';
import type { Database } from '../gallery/postgres/database.js';
import { openPgGallery } from '../gallery/postgres/open-pg-gallery.js';
import { embedderOfDatabase } from '../gallery/postgres/stored-contracts.js';
import type { Vault } from '../gallery/sealing/vault.js';
import type { PersonHistory } from '../history/sighting-store.js';
import { galleryClassifierFile, trainedPeople } from '../matching/classifiers/classifier-store.js';
import type { PeopleFinder } from '../matching/matcher.js';
import type { AuditTrail } from '../privacy/audit/trail.js';
import { AuditedGallery, type PersonRecords } from '../privacy/audited-gallery.js';
import { discardStaleClassifier } from '../privacy/erasure.js';
import { RostroError } from '../shared/errors.js';
import type { Logger } from '../shared/logger.js';
import { createLogger } from '../shared/pino-logger.js';
import type { Config } from './config.js';
import { closePrivateFolders } from './private-folders.js';
import { openStores, type Stores } from './state-stores.js';

/** Runs at the end, in reverse order. */
export type Cleanup = (() => Promise<unknown> | undefined)[];

export interface StorageOptions {
  readonly log?: Logger;
  /** Default: `write`. */
  readonly access?: GalleryAccess;
  /** The embedder for an empty gallery, where `EMBEDDER` is `auto`. Default: the best that is installed. */
  readonly embedderIfEmpty?: string;
  /** Stores that are open already; they are closed with the rest. */
  readonly stores?: Stores;
}

/** All that is opened before the gallery, for which the embedder must be known. */
export interface Storage extends LockResult {
  readonly log: Logger;
  readonly access: GalleryAccess;
  readonly stores: Stores;
  readonly trail: AuditTrail;
  readonly vault: Vault;
}

export interface StoredGallery extends Omit<OpenedGallery, 'gallery'> {
  readonly gallery: AuditedGallery;
  /** Nothing can be written: the disk is full or read-only, or a command only reads. */
  readonly isReadOnly: boolean;
}

/**
 * Builds an object in several steps, with a `close` that undoes them.
 * @param build adds a function to `cleanup` after each step; if it fails, they run at once
 */
export async function withCleanup<T extends object>(
  build: (cleanup: Cleanup) => Promise<T>,
): Promise<T & { close(): Promise<void> }> {
  const cleanup: Cleanup = [];
  const close = async (): Promise<void> => {
    for (const step of cleanup.splice(0).reverse()) await step();
  };
  try {
    return { ...(await build(cleanup)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Takes the lock of the folder before any network is loaded. @throws RostroError `gallery_locked`, those of the stores */
export async function openStorage(
  config: Config,
  { access = 'write', ...options }: StorageOptions,
  cleanup: Cleanup,
): Promise<Storage> {
  const { log = createLogger({ level: config.logging.level, format: 'text' }, process.stderr) } = options;
  const stores = options.stores ?? (await openStores(config));
  cleanup.push(() => stores.close());
  const locked = await lockFolder(config, access);
  cleanup.push(() => locked.lock?.release());
  const isWritable = access !== 'read' && (locked.lock !== null || stores.database !== null);
  const closed = isWritable ? await closePrivateFolders(config, access === 'repair') : [];
  return {
    lock: locked.lock,
    notices: [...locked.notices, ...closed],
    log,
    access,
    stores,
    trail: stores.trail,
    vault: stores.vault,
  };
}

/**
 * The name of the embedder that made the gallery; null for an empty one.
 * @throws RostroError `encryption_key_wrong`, `database_unreachable`
 */
export function galleryEmbedder(
  { storage: { dataDir } }: Config,
  { database, vault }: { readonly database: Database | null; readonly vault: Vault },
): Promise<string | null> {
  return database === null ? embedderOfFiles(dataDir, vault) : embedderOfDatabase(database);
}

/** @throws RostroError when the gallery is not usable; the message says why, and what to do */
export async function openStoredGallery(
  { stores: { database, sightings, attendance }, trail, vault, log, access, lock }: Storage,
  config: Config,
  contract: EmbedderContract,
  cleanup: Cleanup,
): Promise<StoredGallery> {
  const opened = await openGallery(config, { database, contract, vault, log, access, lock });
  cleanup.push(() => opened.gallery.close());
  return {
    ...opened,
    // A repair puts back people who were enrolled already.
    gallery: new AuditedGallery(
      opened.gallery,
      trail,
      inStep(sightings, attendance),
      access === 'repair' ? 'optional' : config.privacy.consent,
    ),
    isReadOnly: lock === null && database === null,
  };
}

/** All that is kept of people besides the gallery, as one. */
function inStep(sightings: PersonHistory, attendance: PersonAttendance): PersonRecords {
  return {
    async erasing(name, erase) {
      const { result, ...erased } = await sightings.erasing(name, () => attendance.erasing(name, erase));
      return { ...result, ...erased };
    },
    renaming: (from, to, rename) => sightings.renaming(from, to, () => attendance.renaming(from, to, rename)),
  };
}

/**
 * `read`: nothing is changed, so no lock is needed and a server may run. `repair`: inconsistent files are moved aside, also
 * files that Rostro has not written.
 */
export type GalleryAccess = 'read' | 'write' | 'repair';

export interface OpenedGallery {
  readonly gallery: Gallery;
  readonly report: GalleryReport;
  /** Repairs and warnings, a sentence each. */
  readonly notices: readonly string[];
  /** Whether the storage of the gallery can be reached at the moment. */
  readonly isConnected: () => boolean;
  /** Searches in the database; null if all embeddings are in memory. */
  readonly finder: PeopleFinder | null;
}

export interface GalleryParts {
  readonly database: Database | null;
  readonly contract: EmbedderContract;
  readonly vault: Vault;
  readonly log: Logger;
  readonly access: GalleryAccess;
  /** Of the folder; null for reading only. A database needs none. */
  readonly lock: WritePermission | null;
}

/** @throws RostroError when the gallery is not usable; the message says why, and what to do */
export async function openGallery(
  { storage: { dataDir, stateDir }, search: { mode } }: Config,
  parts: GalleryParts,
): Promise<OpenedGallery> {
  const { database, contract, vault, log, access, lock } = parts;
  if (database) {
    const gallery = await openPgGallery({
      database,
      contract,
      vault,
      log,
      searches: mode === 'pgvector',
      onRemoteChange: access === 'read' ? undefined : (changed) => forgetErased(stateDir, vault, changed),
    });
    const { search: finder } = gallery;
    return { gallery, report: reportOf(gallery), notices: [], isConnected: () => gallery.isConnected, finder };
  }
  const quarantine = access === 'repair' ? 'everything' : 'ours';
  const { gallery, report } = await openNpyGallery({ dataDir, contract, lock, vault, quarantine });
  return { gallery, report, notices: galleryNotices(report), isConnected: () => true, finder: null };
}

export interface LockResult {
  readonly lock: FolderLock | null;
  readonly notices: readonly string[];
}

/** With a full or read-only disk the gallery is opened for reading, so that the server can recognise faces. */
export async function lockFolder(
  { storage: { dataDir, databaseUrl } }: Config,
  access: GalleryAccess,
): Promise<LockResult> {
  if (access === 'read' || databaseUrl !== undefined) return { lock: null, notices: [] };
  try {
    return { lock: await FolderLock.acquire(dataDir), notices: [] };
  } catch (error) {
    if (!(error instanceof RostroError) || error.code !== 'storage_failed') throw error;
    return { lock: null, notices: [`${error.message} The gallery can be read but not changed until the next start.`] };
  }
}

/** A person who was erased at another server must not stay in the classifier of this one. */
async function forgetErased(stateDir: string, vault: Vault, gallery: Pick<Gallery, 'people'>): Promise<void> {
  if (!(await nodeDisk.exists(galleryClassifierFile(stateDir)))) return;
  await discardStaleClassifier(stateDir, trainedPeople(gallery.people()), vault);
}

/** A database has no files that could be inconsistent. */
function reportOf(gallery: Gallery): GalleryReport {
  const people = gallery.people();
  return {
    people: people.length,
    examples: people.reduce((sum, { examples }) => sum + examples.length, 0),
    adopted: [],
    duplicateIds: [],
    interruptedChange: 'nothing',
    filesRenamed: 0,
    quarantined: [],
    missingCrops: [],
    unknownFiles: [],
  };
}

/** All people at this moment, for a command that changes nothing. @throws RostroError as {@link openGallery} */
export async function readEmbeddedPeople(
  config: Config,
  contract: EmbedderContract,
  vault: Vault,
): Promise<readonly EmbeddedPerson[]> {
  const log = createLogger({ level: config.logging.level, format: 'text' }, process.stderr);
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
