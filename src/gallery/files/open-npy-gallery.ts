import { join } from 'node:path';
import type { EmbedderContract } from '../../faces/embed/embedder.js';
import { RostroError } from '../../shared/errors.js';
import { sweepBeside } from '../reembed/files-beside.js';
import { finishSwitch } from '../reembed/switch.js';
import { ChangeWriter } from './change-writer.js';
import { checkFolder, type CheckedGallery } from './check.js';
import { nodeDisk } from './disk.js';
import type { Disk } from './disk.js';
import { type Gallery, storageFailed } from '../gallery.js';
import type { WritePermission } from './folder-lock.js';
import { EMBEDDINGS_FOLDER, embeddingFile, UPLOADS_FOLDER } from './layout.js';
import { NpyGallery } from './npy-gallery.js';
import { PeopleIndex } from './people-index.js';
import { personOf, type StoredPerson } from './read-person.js';
import { sealedDisk } from '../sealing/sealed-disk.js';
import { plainVault } from '../sealing/vault.js';
import type { Vault } from '../sealing/vault.js';

export interface NpyGalleryOptions {
  /** The folder that holds `uploads/` and `embeddings/`; both are made where they are missing. */
  readonly dataDir: string;
  /** Of the embedder that runs. */
  readonly contract: EmbedderContract;
  /**
   * The folder's lock. Null only looks: nothing is made, mended, moved or written, so another process may have the
   * folder. Default: no lock, for a caller that sees to it that nobody else writes.
   */
  readonly lock?: WritePermission | null;
  /** Default: nothing is encrypted. */
  readonly vault?: Vault | undefined;
  /** What may be moved into the quarantine: `ours` (default), or what is not the gallery's, too. */
  readonly move?: 'ours' | 'everything';
  /** Default: the real disk. */
  readonly disk?: Disk | undefined;
}

/** What was found at the start. Paths are relative to the data folder. */
export interface GalleryReport extends Omit<CheckedGallery, 'people' | 'temporaryFiles'> {
  readonly people: number;
  readonly examples: number;
  /** Files of the original system, or written by hand, that were taken as the running embedder's. */
  readonly adopted: readonly string[];
  /** People whose id another person bears, too, and who go without one. */
  readonly withoutTheirId: readonly string[];
  /** What became of a change that a stop interrupted; it had not been acknowledged. */
  readonly interruptedChange: 'nothing' | 'finished' | 'undone';
}

/** A change takes some milliseconds. */
const SECOND_LOOK_MS = 500;

const ALONE: WritePermission = { confirm: () => Promise.resolve() };
const LOOKING: WritePermission = {
  confirm: () =>
    Promise.reject(new RostroError('storage_failed', 'The gallery was opened for reading only; start again to write.')),
};

/**
 * Opens the gallery of a data folder: first finishes or undoes what the last stop interrupted, then reads everyone, and
 * sets aside what does not add up.
 * @throws RostroError `gallery_corrupt`, `gallery_contract_mismatch`, `encryption_key_wrong`, `storage_failed`
 */
export async function openNpyGallery(options: NpyGalleryOptions): Promise<{ gallery: Gallery; report: GalleryReport }> {
  const { dataDir, contract, lock = ALONE, vault = plainVault, move = 'ours' } = options;
  const disk = sealedDisk(options.disk ?? nodeDisk, dataDir, vault);
  const writer = new ChangeWriter(disk, dataDir);
  try {
    const interruptedChange = lock === null ? 'nothing' : await prepareFolder(disk, dataDir, writer);
    const checked =
      lock === null ? await look(disk, dataDir, contract) : await checkFolder({ disk, dataDir, contract, move });
    for (const path of lock === null ? [] : checked.temporaryFiles) await disk.remove(join(dataDir, path));
    if (lock !== null) await sweepBeside(disk, dataDir, idsOf(checked.people));
    const { people, withoutTheirId } = indexOf(checked.people);
    const gallery = new NpyGallery({ disk, dataDir, contract, people, writer, permission: lock ?? LOOKING });
    return { gallery, report: { ...reportOf(checked), withoutTheirId, interruptedChange } };
  } catch (error) {
    throw storageFailed('The gallery could not be opened', error);
  }
}

/** What another process is in the middle of changing looks odd for a moment: only what is odd twice counts. */
async function look(disk: Disk, dataDir: string, contract: EmbedderContract): Promise<CheckedGallery> {
  const first = await checkFolder({ disk, dataDir, contract, move: 'nothing' });
  if (first.setAside.length + first.missingCrops.length === 0) return first;
  await new Promise((resolve) => setTimeout(resolve, SECOND_LOOK_MS));
  const second = await checkFolder({ disk, dataDir, contract, move: 'nothing' });
  const odd = new Set(first.setAside.flatMap(({ files }) => files));
  return {
    ...second,
    setAside: second.setAside.filter(({ files }) => files.some((file) => odd.has(file))),
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

function reportOf({ people, setAside, missingCrops, strangers }: CheckedGallery) {
  return {
    people: people.length,
    examples: people.reduce((sum, { examples }) => sum + examples.length, 0),
    adopted: people.filter(({ unlabelled }) => unlabelled > 0).map(({ stem }) => embeddingFile(stem)),
    setAside,
    missingCrops,
    strangers,
  };
}

/** Of two files that say the same id, as copies by hand do, the first one counts. */
function indexOf(everyone: readonly StoredPerson[]): { people: PeopleIndex; withoutTheirId: string[] } {
  const people = new PeopleIndex();
  const withoutTheirId: string[] = [];
  for (const stored of everyone) {
    const { stem, name, id, sidecar } = stored;
    const isShared = people.withId(id) !== null;
    if (isShared) withoutTheirId.push(name);
    const person = isShared ? { ...personOf(stored), id: null } : personOf(stored);
    people.replace(null, { stem, person, hasSidecar: sidecar !== null });
  }
  return { people, withoutTheirId };
}
