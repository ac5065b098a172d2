import { randomUUID } from 'node:crypto';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { type Disk, nodeDisk } from '../../gallery/files/disk.js';
import { storageFailed } from '../../gallery/gallery.js';
import type { Vault } from '../../gallery/sealing/vault.js';
import { cameraEventSchema } from '../event.js';

export const OUTBOX_FOLDER = 'outbox';
/** How files end that are being written. */
export const HALF_WRITTEN = '.tmp';
const LETTER = /^\d{12}\.json$/;

export interface ReadLetters {
  readonly letters: Letter[];
  /** Files that hold no letter that can be read: sealed with another key, perhaps. */
  readonly unreadable: number;
  /** The highest that is taken, also by what cannot be read; 0 where none is. */
  readonly lastPlace: number;
}

/** The letters of one folder, a file each, named by their place; sealed where the gallery is. */
export class LetterFiles {
  constructor(
    private readonly folder: string,
    private readonly vault: Vault,
    private readonly disk: Disk = nodeDisk,
  ) {}

  /** In their order. What cannot be read as a letter is left where it is. @throws RostroError `storage_failed` */
  async read(): Promise<ReadLetters> {
    const names = await this.names();
    const files = names.filter((name) => LETTER.test(name)).sort();
    const letters = await Promise.all(files.map((name) => this.readLetter(name)));
    const readable = letters.filter((letter) => letter !== null);
    const lastPlace = Number.parseInt(files.at(-1) ?? '0');
    return { letters: readable, unreadable: files.length - readable.length, lastPlace };
  }

  /** Writes the letter, or replaces it, in one step; it is on the medium then. @throws RostroError `storage_failed` */
  async write(letter: Letter): Promise<void> {
    const path = this.pathOf(letter);
    const temporary = `${path}.${randomUUID()}${HALF_WRITTEN}`;
    try {
      await this.disk.makeFolder(this.folder);
      const bytes = this.vault.seal(Buffer.from(JSON.stringify(letter)), this.sealedName(basename(path)));
      await this.disk.writeNew(temporary, bytes, path);
      await this.disk.rename(temporary, path);
      await this.disk.syncFolder(this.folder);
    } catch (error) {
      await this.disk.remove(temporary).catch(() => undefined);
      throw storageFailed('An event could not be kept until it is delivered', error);
    }
  }

  /** As `write`, where it still lies: another process may have sent it. @throws RostroError `storage_failed` */
  async replace(letter: Letter): Promise<void> {
    if (await this.disk.exists(this.pathOf(letter))) await this.write(letter);
  }

  /** @throws RostroError `storage_failed` */
  async remove(letter: Letter): Promise<void> {
    try {
      await this.disk.remove(this.pathOf(letter));
    } catch (error) {
      throw storageFailed('An event could not be taken from those that wait', error);
    }
  }

  private async names(): Promise<string[]> {
    try {
      return (await this.disk.list(this.folder)).map(({ name }) => name);
    } catch (error) {
      throw storageFailed('Events that wait could not be looked through', error);
    }
  }

  private async readLetter(name: string): Promise<Letter | null> {
    try {
      const stored = (await this.disk.read(join(this.folder, name)))!;
      const bytes = this.vault.open(stored, this.sealedName(name));
      return letterSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
    } catch {
      return null;
    }
  }

  private pathOf({ place }: Letter): string {
    return join(this.folder, `${String(place).padStart(12, '0')}.json`);
  }

  /** As it lies below the data folder. */
  private sealedName(name: string): string {
    const path = join(this.folder, name).split(/[\\/]/);
    return ['.state', ...path.slice(path.lastIndexOf(OUTBOX_FOLDER))].join('/');
  }
}

/** An event on its way to one receiver. */
export const letterSchema = z.strictObject({
  version: z.literal(1),
  /** Its place in the line, from 1. */
  place: z.int().min(1),
  event: cameraEventSchema,
  /** Why it was given up, in a sentence; null while it waits. */
  givenUp: z.string().nullable(),
});

export type Letter = z.infer<typeof letterSchema>;
