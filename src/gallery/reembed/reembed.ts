import { join } from 'node:path';
import type { EmbedderContract } from '../../faces/embed/embedder.js';
import { iou } from '../../faces/image/box.js';
import type { EmbeddedFace, Pipeline } from '../../faces/pipeline/pipeline.js';
import { storageFailed } from '../errors.js';
import { ChangePlanner } from '../files/change-planner.js';
import { ChangeWriter } from '../files/change-writer.js';
import { type Disk, nodeDisk } from '../files/disk.js';
import { readGalleryFolder } from '../files/read-folder.js';
import { personOf, type StoredPerson } from '../files/read-person.js';
import type { Example, ExampleDetails } from '../gallery.js';
import { plainVault, sealedDisk, type Vault } from '../sealing/vault.js';
import { finishSwitch } from './switch.js';

export interface ReembedOptions {
  readonly dataDir: string;
  /** Contract of the new embedder. */
  readonly contract: EmbedderContract;
  /** @returns the embedding of the face in the crop; null where there is no face */
  readonly embedCrop: (crop: Uint8Array, example: Example, name: string) => Promise<Float32Array | null>;
  readonly onPerson?: (name: string, done: number, total: number) => void;
  /** Default: nothing is encrypted. */
  readonly vault?: Vault;
  /** Default: the file system. */
  readonly disk?: Disk | undefined;
}

export interface ReembedReport {
  readonly reembedded: readonly string[];
  /**
   * People who keep their old rows because a crop is missing or shows no face, and the file stems of people with
   * unreadable files.
   */
  readonly unable: readonly string[];
}

/**
 * Recomputes the rows of another embedder from the stored crops, one person at a time; each person is changed
 * completely or not at all. The next call continues an interrupted run. No gallery may be open on the folder; the
 * caller holds its lock.
 * @throws RostroError `gallery_corrupt`, `encryption_key_wrong`, `storage_failed`
 */
export async function reembedNpyGallery(options: ReembedOptions): Promise<ReembedReport> {
  const { dataDir, contract, vault = plainVault, onPerson } = options;
  const disk = sealedDisk(options.disk ?? nodeDisk, dataDir, vault);
  const writer = new ChangeWriter(disk, dataDir);
  const planner = new ChangePlanner(contract);
  const report = { reembedded: [] as string[], unable: [] as string[] };
  try {
    await writer.recover();
    await finishSwitch({ disk, dataDir, writer });
    const { people, damaged } = await readGalleryFolder(disk, dataDir);
    report.unable.push(...damaged.map(({ stem }) => stem));
    const old = people.filter((person) => person.unlabelled > 0 || person.sidecar?.contract !== contract.id);
    for (const [i, stored] of old.entries()) {
      const { stem, name, sidecar } = stored;
      const embeddings = await embedAll(stored, { ...options, disk });
      const record = { stem, person: personOf(stored), hasSidecar: sidecar !== null };
      if (embeddings) await writer.execute(planner.reembed(record, embeddings).change, () => undefined);
      (embeddings ? report.reembedded : report.unable).push(name);
      onPerson?.(name, i + 1, old.length);
    }
    return report;
  } catch (error) {
    throw storageFailed('The gallery could not be embedded anew', error);
  }
}

async function embedAll(
  { name, examples }: Pick<StoredPerson, 'name' | 'examples'>,
  { disk, dataDir, embedCrop }: ReembedOptions & { readonly disk: Disk },
): Promise<Float32Array[] | null> {
  const embeddings: Float32Array[] = [];
  for (const example of examples) {
    const crop = example.crop && (await disk.read(join(dataDir, example.crop)));
    const embedding = crop && (await embedCrop(crop, example, name));
    if (!embedding) return null;
    embeddings.push(embedding);
  }
  return embeddings;
}

/**
 * The enrolled face in a crop: the one at the recorded position, else the largest.
 * @param details of the example; null where unknown
 * @returns null where no face is found
 * @throws RostroError those of the pipeline for invalid photos
 */
export async function faceInCrop(
  pipeline: Pick<Pipeline, 'run'>,
  crop: Uint8Array,
  details: ExampleDetails | null,
): Promise<EmbeddedFace | null> {
  const { faces } = await pipeline.run('analyse', { bytes: crop, toEnrol: true });
  const overlap = ({ box }: EmbeddedFace) => (details ? iou(box, details.boxInCrop) : box.width * box.height);
  return faces.reduce<EmbeddedFace | null>((a, b) => (a && overlap(a) >= overlap(b) ? a : b), null);
}
