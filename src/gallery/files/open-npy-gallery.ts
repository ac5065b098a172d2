import { join } from 'node:path';
import type { EmbedderContract } from '../../faces/embed/embedder.js';
import { RostroError } from '../../shared/errors.js';
import { storageFailed } from '../errors.js';
import type { Gallery } from '../gallery.js';
import { sweepShadowRows } from '../reembed/shadow-files.js';
import { finishSwitch, pendingSwitch } from '../reembed/switch.js';
import { plainVault, sealedDisk, type Vault } from '../sealing/vault.js';
import { ChangeWriter } from './change-writer.js';
import { type CheckedGallery, checkFolder } from './check.js';
import { type Disk, nodeDisk } from './disk.js';
import type { WritePermission } from './folder-lock.js';
import { embeddingFile, EMBEDDINGS_FOLDER, sidecarFile, UPLOADS_FOLDER } from './layout.js';
import { NpyGallery } from './npy-gallery.js';
import { PeopleIndex } from './people-index.js';
import { personOf, type StoredPerson } from './read-person.js';
import { parseSidecar } from './sidecar.js';

export interface NpyGalleryOptions {
  /** Folder with `uploads/` and `embeddings/`; both are created if missing. */
  readonly dataDir: string;
  /** Contract of the running embedder. */
  readonly contract: EmbedderContract;
  /**
   * The folder's lock. Null opens the gallery read-only: nothing is created, repaired, moved or written, so that
   * another process may hold the folder. Default: no lock; the caller ensures that no other process writes.
   */
  readonly lock?: WritePermission | null;
  /** Default: nothing is encrypted. */
  readonly vault?: Vault | undefined;
  /** Files to quarantine: `ours` (default), or `everything`, including files that the gallery did not write. */
  readonly quarantine?: 'ours' | 'everything';
  /** Default: the file system. */
  readonly disk?: Disk | undefined;
}

/** Result of opening a gallery. Paths are relative to the data folder. */
export interface GalleryReport extends Omit<CheckedGallery, 'people' | 'temporaryFiles'> {
  readonly people: number;
  readonly examples: number;
  /** Files without a sidecar, whose rows are treated as made by the running embedder. */
  readonly adopted: readonly string[];
  /** Names of people who lost their id because another person has the same one. */
  readonly duplicateIds: readonly string[];
  /** Outcome of a change that was interrupted by a crash and not yet acknowledged. */
  readonly interruptedChange: 'nothing' | 'finished' | 'undone';
  /** Number of people whose files were renamed, because encryption was turned on or off. */
  readonly filesRenamed: number;
}

/** Longer than a change, which takes some milliseconds. */
const RECHECK_MS = 500;

const UNLOCKED: WritePermission = { confirm: () => Promise.resolve() };
const READ_ONLY: WritePermission = {
  confirm: () =>
    Promise.reject(new RostroError('storage_failed', 'The gallery was opened for reading only; start again to write.')),
};

/**
 * Opens the gallery of a data folder: finishes or undoes an interrupted change, reads all people, and quarantines
 * damaged files.
 * @throws RostroError `gallery_corrupt`, `gallery_contract_mismatch`, `encryption_key_wrong`, `storage_failed`
 */
export async function openNpyGallery(options: NpyGalleryOptions): Promise<{ gallery: Gallery; report: GalleryReport }> {
  const { dataDir, contract, lock = UNLOCKED, vault = plainVault, quarantine = 'ours' } = options;
  const disk = sealedDisk(options.disk ?? nodeDisk, dataDir, vault);
  const writer = new ChangeWriter(disk, dataDir);
  try {
    const interruptedChange = lock === null ? 'nothing' : await prepareFolder(disk, dataDir, writer);
    const checked =
      lock === null
        ? await inspectFolder(disk, dataDir, contract)
        : await checkFolder({ disk, dataDir, contract, quarantine });
    for (const path of lock === null ? [] : checked.temporaryFiles) await disk.remove(join(dataDir, path));
    if (lock !== null) await sweepShadowRows(disk, dataDir, idsOf(checked.people));
    const { people, duplicateIds } = indexOf(checked.people);
    const permission = lock ?? READ_ONLY;
    const sealsNames = vault.encrypts;
    const gallery = new NpyGallery({ disk, dataDir, contract, people, writer, permission, sealsNames });
    const filesRenamed = lock === null ? 0 : await gallery.fitFileNames();
    return { gallery, report: { ...reportOf(checked), duplicateIds, interruptedChange, filesRenamed } };
  } catch (error) {
    throw storageFailed('The gallery could not be opened', error);
  }
}

/** A write of another process can look like damage, so only what is found twice is reported. */
async function inspectFolder(disk: Disk, dataDir: string, contract: EmbedderContract): Promise<CheckedGallery> {
  const first = await checkFolder({ disk, dataDir, contract, quarantine: 'nothing' });
  if (first.quarantined.length + first.missingCrops.length === 0) return first;
  await new Promise((resolve) => setTimeout(resolve, RECHECK_MS));
  const second = await checkFolder({ disk, dataDir, contract, quarantine: 'nothing' });
  const damaged = new Set(first.quarantined.flatMap(({ files }) => files));
  return {
    ...second,
    quarantined: second.quarantined.filter(({ files }) => files.some((file) => damaged.has(file))),
    missingCrops: second.missingCrops.filter((file) => first.missingCrops.includes(file)),
  };
}

async function prepareFolder(
  disk: Disk,
  dataDir: string,
  writer: ChangeWriter,
): Promise<GalleryReport['interruptedChange']> {
  for (const folder of [EMBEDDINGS_FOLDER, UPLOADS_FOLDER]) await disk.makeFolder(join(dataDir, folder));
  const interrupted = await writer.recover();
  await finishSwitch({ disk, dataDir, writer });
  return interrupted;
}

function idsOf(people: readonly StoredPerson[]): Set<string> {
  return new Set(people.flatMap(({ examples }) => examples.map(({ id }) => id)));
}

function reportOf({ people, quarantined, missingCrops, unknownFiles }: CheckedGallery) {
  return {
    people: people.length,
    examples: people.reduce((sum, { examples }) => sum + examples.length, 0),
    adopted: people.filter(({ unlabelled }) => unlabelled > 0).map(({ stem }) => embeddingFile(stem)),
    quarantined,
    missingCrops,
    unknownFiles,
  };
}

/** Of several people with the same id (copied files), the first one keeps it. */
function indexOf(everyone: readonly StoredPerson[]): { people: PeopleIndex; duplicateIds: string[] } {
  const people = new PeopleIndex();
  const duplicateIds: string[] = [];
  for (const stored of everyone) {
    const { stem, name, id, sidecar } = stored;
    const isShared = people.withId(id) !== null;
    if (isShared) duplicateIds.push(name);
    const person = isShared ? { ...personOf(stored), id: null } : personOf(stored);
    people.replace(null, { stem, person, hasSidecar: sidecar !== null });
  }
  return { people, duplicateIds };
}

/** Entries listed per kind; the rest is counted. */
const MAX_LISTED = 10;

/** Log messages for a report, one sentence each. */
export function galleryNotices(report: GalleryReport): string[] {
  const { adopted, interruptedChange, duplicateIds, filesRenamed, quarantined, missingCrops, unknownFiles } = report;
  const moved = quarantined.map(({ files, why, to }) => {
    const what = files.length === 1 ? `${files[0]} was` : `${files.length} files were`;
    return `${why} ${what} ${to === null ? 'left where it lies, out of the gallery' : `moved to ${to}/`}`;
  });
  const repair = quarantined.some(({ files }) => files.length > 1 || !files[0].startsWith('uploads/'));
  return [
    ...listed(adopted, (file) => `${file} was taken over as it is, as made by the FaceNet that runs`),
    ...listed(duplicateIds, (name) => `somebody else has the id of ${name} already; ${name} goes without one`),
    ...(interruptedChange === 'nothing'
      ? []
      : [`the last stop interrupted a change to the gallery; it was ${interruptedChange}`]),
    ...(filesRenamed === 0
      ? []
      : [`the files of ${filesRenamed} people were renamed, because the encryption of the gallery changed`]),
    ...listed(moved, (sentence) => sentence),
    ...(repair ? ['"rostro doctor --repair" brings people who were set aside back from their photos'] : []),
    ...listed(missingCrops, (file) => `${file} is gone; the person is recognised as before`),
    ...listed(unknownFiles, (file) => `${file} belongs to nobody in the gallery; it was left as it is`),
  ];
}

function listed<T>(items: readonly T[], sentence: (item: T) => string): string[] {
  const rest = items.length - MAX_LISTED;
  return [...items.slice(0, MAX_LISTED).map(sentence), ...(rest > 0 ? [`(and ${rest} more of this kind)`] : [])];
}

/** The original system recorded no embedder; it used the FaceNet graphs of 2017. */
const ORIGINAL_EMBEDDER = 'facenet-2017';

/**
 * Reads which embedder made a gallery, from the first person with a record of it.
 * @returns the embedder's name; null for an empty gallery
 * @throws RostroError `encryption_key_wrong`; the file system's error
 */
export async function embedderOfFiles(dataDir: string, vault: Vault): Promise<string | null> {
  const disk = sealedDisk(nodeDisk, dataDir, vault);
  const pending = await pendingSwitch({ disk, dataDir });
  if (pending !== null) return pending.name;
  const names = (await disk.list(join(dataDir, EMBEDDINGS_FOLDER))).map(({ name }) => name);
  const stems = names.flatMap((name) => (/^[^.].*\.npy$/.test(name) ? [name.slice(0, -'.npy'.length)] : []));
  for (const stem of stems) {
    const embedder = await recordedEmbedder(disk, dataDir, stem);
    if (embedder !== null) return embedder;
  }
  return stems.length === 0 ? null : ORIGINAL_EMBEDDER;
}

/** Null without a readable sidecar. */
async function recordedEmbedder(disk: Disk, dataDir: string, stem: string): Promise<string | null> {
  const file = sidecarFile(stem);
  try {
    const bytes = await disk.read(join(dataDir, file));
    return bytes === null ? null : parseSidecar(bytes, file).embedder;
  } catch (error) {
    if (error instanceof RostroError && error.code === 'gallery_corrupt') return null;
    throw error;
  }
}
