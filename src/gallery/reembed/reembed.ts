import { join } from 'node:path';
import type { EmbedderContract } from '../../faces/embed/embedder.js';
import { finishSwitch } from './switch.js';
import { ChangeWriter } from '../files/change-writer.js';
import { ChangePlanner } from '../files/changes.js';
import { nodeDisk } from '../files/disk.js';
import type { Disk } from '../files/disk.js';
import { type Example, storageFailed } from '../gallery.js';
import { readGalleryFolder } from '../files/open-folder.js';
import { personOf, type StoredPerson } from '../files/read-person.js';
import { sealedDisk } from '../sealing/sealed-disk.js';
import { plainVault } from '../sealing/vault.js';
import type { Vault } from '../sealing/vault.js';

export interface ReembedOptions {
  readonly dataDir: string;
  /** Of the embedder that makes the new rows. */
  readonly contract: EmbedderContract;
  /** @returns the embedding of the face in a kept crop, null where it finds none */
  readonly embedCrop: (crop: Uint8Array, example: Example, name: string) => Promise<Float32Array | null>;
  readonly onPerson?: (name: string, done: number, total: number) => void;
  /** Default: nothing is encrypted. */
  readonly vault?: Vault;
  /** Default: the real disk. */
  readonly disk?: Disk | undefined;
}

export interface ReembedReport {
  readonly reembedded: readonly string[];
  /**
   * People who keep their old rows because a photo is missing or shows no face to the new embedder, and the file names
   * of those whose files cannot be read.
   */
  readonly unable: readonly string[];
}

/**
 * Makes the rows of another embedder anew from the kept crops, one person at a time, each of them wholly or not at all;
 * what a stop interrupted goes on at the next call. No gallery may be open on the folder: the caller holds its lock.
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
      if (embeddings) await writer.carryOut(planner.reembed(record, embeddings).change, () => undefined);
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
