import { join } from 'node:path';
import type { Disk } from '../files/disk.js';
import type { Example } from '../gallery.js';
import { readGalleryFolder } from '../files/open-folder.js';
import type { StoredPerson } from '../files/read-person.js';

/** A gallery in files, whatever embedder its rows are of, read anew with each call: another process may be writing. */
export class FolderSource {
  /** @param disk with the gallery's encryption */
  constructor(
    private readonly disk: Disk,
    private readonly dataDir: string,
  ) {}

  /** Those whose files cannot be read are left out. */
  async people(): Promise<readonly StoredPerson[]> {
    return (await readGalleryFolder(this.disk, this.dataDir)).people;
  }

  /** @returns null where no crop was kept, or where it is gone */
  async crop({ crop }: Example): Promise<Uint8Array | null> {
    return crop === null ? null : this.disk.read(join(this.dataDir, crop));
  }

  /** Whether the example is still there; its crop goes with it. */
  async has({ crop }: Example): Promise<boolean> {
    return crop !== null && this.disk.exists(join(this.dataDir, crop));
  }
}
