import { join } from 'node:path';
import type { EmbedderContract } from '../embed/embedder.js';
import { ChangeWriter } from './change-writer.js';
import { checkContracts } from './contract-check.js';
import { nodeDisk } from './disk.js';
import type { Disk } from './disk.js';
import { corrupt, storageFailed } from './errors.js';
import type { Gallery } from './gallery.js';
import { EMBEDDINGS_FOLDER, embeddingFile, UPLOADS_FOLDER } from './layout.js';
import { NpyGallery } from './npy-gallery.js';
import { readGalleryFolder } from './open-folder.js';
import type { StoredPerson } from './open-folder.js';
import { PeopleIndex } from './people-index.js';

export interface NpyGalleryOptions {
  /** The folder that holds `uploads/` and `embeddings/`; both are made where they are missing. */
  readonly dataDir: string;
  /** Of the embedder that runs. */
  readonly contract: EmbedderContract;
  /** Default: the real disk. */
  readonly disk?: Disk;
}

/** What was found at the start. Paths are relative to the data folder. */
export interface GalleryReport {
  readonly people: number;
  readonly examples: number;
  /** Files of the original system, or written by hand, that were taken as the running embedder's. */
  readonly adopted: readonly string[];
  /** What became of a change that a stop interrupted; it had not been acknowledged. */
  readonly interruptedChange: 'nothing' | 'finished' | 'undone';
  /** Files that no person has anything to do with; they stay as they are. */
  readonly strangers: readonly string[];
}

/**
 * Opens the gallery of a data folder: first finishes or undoes what the last stop interrupted, then reads everyone.
 * @throws RostroError `gallery_corrupt`, `gallery_contract_mismatch`, `storage_failed`
 */
export async function openNpyGallery(options: NpyGalleryOptions): Promise<{ gallery: Gallery; report: GalleryReport }> {
  const { dataDir, contract, disk = nodeDisk } = options;
  const writer = new ChangeWriter(disk, dataDir);
  try {
    for (const folder of [EMBEDDINGS_FOLDER, UPLOADS_FOLDER]) await disk.makeFolder(join(dataDir, folder));
    const interruptedChange = await writer.recover();
    const stored = await readGalleryFolder(disk, dataDir);
    checkContracts(stored.people, contract);
    const people = indexOf(stored.people);
    for (const path of stored.temporaryFiles) await disk.remove(join(dataDir, path));
    const report = {
      people: stored.people.length,
      examples: stored.people.reduce((sum, { examples }) => sum + examples.length, 0),
      adopted: stored.people.filter(({ unlabelled }) => unlabelled > 0).map(({ stem }) => embeddingFile(stem)),
      interruptedChange,
      strangers: stored.strangers,
    };
    return { gallery: new NpyGallery({ disk, dataDir, contract, people, writer }), report };
  } catch (error) {
    throw storageFailed('The gallery could not be opened', error);
  }
}

function indexOf(stored: readonly StoredPerson[]): PeopleIndex {
  const people = new PeopleIndex();
  for (const { stem, name, examples, sidecar } of stored) {
    const other = people.find(name);
    if (other) throw corrupt(embeddingFile(stem), `${embeddingFile(other.stem)} is of the same person, "${name}"`);
    people.replace(null, { stem, person: { name, examples }, hasSidecar: sidecar !== null });
  }
  return people;
}
