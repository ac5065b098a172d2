import { randomUUID } from 'node:crypto';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { storageFailed } from '../gallery/errors.js';
import { type Disk, nodeDisk, writeAndRename } from '../gallery/files/disk.js';
import type { Vault } from '../gallery/sealing/vault.js';
import { cameraEventSchema } from './event.js';

export const OUTBOX_FOLDER = 'outbox';
/** Ends the names of files that are being written. */
export const INCOMPLETE_SUFFIX = '.tmp';
const FILE_NAME = /^\d{12}\.json$/;

export interface StoredEvents {
  readonly events: QueuedEvent[];
  /** Number of files that cannot be read as an event, perhaps encrypted with another key. */
  readonly unreadable: number;
  /** The highest place in use, including unreadable files; 0 for an empty folder. */
  readonly lastPlace: number;
}

/** The events of one folder, one file each, named by place; encrypted if the gallery is. */
export class QueuedEventFiles {
  constructor(
    private readonly folder: string,
    private readonly vault: Vault,
    private readonly disk: Disk = nodeDisk,
  ) {}

  /** Reads the events in order. Leaves unreadable files in place. @throws RostroError `storage_failed` */
  async read(): Promise<StoredEvents> {
    const names = await this.names();
    const files = names.filter((name) => FILE_NAME.test(name)).sort();
    const events = await Promise.all(files.map((name) => this.readEvent(name)));
    const readable = events.filter((event) => event !== null);
    const lastPlace = Number.parseInt(files.at(-1) ?? '0');
    return { events: readable, unreadable: files.length - readable.length, lastPlace };
  }

  /** Writes or replaces an event atomically. Resolves when it is on the medium. @throws RostroError `storage_failed` */
  async write(event: QueuedEvent): Promise<void> {
    const path = this.pathOf(event);
    const temporary = `${path}.${randomUUID()}${INCOMPLETE_SUFFIX}`;
    try {
      await this.disk.makeFolder(this.folder);
      const bytes = this.vault.seal(Buffer.from(JSON.stringify(event)), this.sealedName(basename(path)));
      await writeAndRename(this.disk, temporary, path, bytes);
      await this.disk.syncFolder(this.folder);
    } catch (error) {
      throw storageFailed('An event could not be queued', error);
    }
  }

  /** As `write`, if the file still exists: another process may have sent the event. @throws RostroError `storage_failed` */
  async replace(event: QueuedEvent): Promise<void> {
    if (await this.disk.exists(this.pathOf(event))) await this.write(event);
  }

  /** @throws RostroError `storage_failed` */
  async remove(event: QueuedEvent): Promise<void> {
    try {
      await this.disk.remove(this.pathOf(event));
    } catch (error) {
      throw storageFailed('A queued event could not be removed', error);
    }
  }

  private async names(): Promise<string[]> {
    try {
      return (await this.disk.list(this.folder)).map(({ name }) => name);
    } catch (error) {
      throw storageFailed('The queued events could not be listed', error);
    }
  }

  private async readEvent(name: string): Promise<QueuedEvent | null> {
    try {
      const stored = (await this.disk.read(join(this.folder, name)))!;
      const bytes = this.vault.open(stored, this.sealedName(name));
      return queuedEventSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
    } catch {
      return null;
    }
  }

  private pathOf({ place }: QueuedEvent): string {
    return join(this.folder, `${String(place).padStart(12, '0')}.json`);
  }

  /** The path below the data folder. */
  private sealedName(name: string): string {
    const path = join(this.folder, name).split(/[\\/]/);
    return ['.state', ...path.slice(path.lastIndexOf(OUTBOX_FOLDER))].join('/');
  }
}

/** An event in the queue of one receiver, or a dead event. */
export const queuedEventSchema = z.strictObject({
  version: z.literal(1),
  /** Position in the queue, from 1. */
  place: z.int().min(1),
  event: cameraEventSchema,
  /** Why it is a dead event, a sentence; null while it waits. */
  givenUp: z.string().nullable(),
});

export type QueuedEvent = z.infer<typeof queuedEventSchema>;
