import { allSessions, Attendance } from '../attendance/attendance.js';
import { FileAttendance } from '../attendance/file-attendance.js';
import { auditTrail, openStores } from './state-stores.js';
import type { Config } from './config.js';
import type { EmbedderContract } from '../faces/embed/embedder.js';
import { RostroError } from '../shared/errors.js';
import type { Logger } from '../shared/logger.js';
import { AuditedGallery } from '../privacy/audited-gallery.js';
import type { AddedData } from '../privacy/plugin-data.js';
import {
  comparePeople,
  migratePeople,
  type Comparison,
  type MigrationOptions,
  type MigrationReport,
} from '../transfer/migration.js';
import { FolderLock } from '../gallery/files/folder-lock.js';
import type { Gallery } from '../gallery/gallery.js';
import type { Vault } from '../gallery/sealing/vault.js';
import { dataOf, openPlugins } from './plugins.js';
import { openGallery } from './storage.js';

export type GalleryPlace = 'files' | 'postgres';

export interface MigrationParts {
  readonly config: Config;
  readonly contract: EmbedderContract;
  readonly vault: Vault;
  readonly log: Logger;
}

export interface GalleryMigration extends MigrationReport {
  /** Number of attendance sessions that were copied, or got rows that they lacked. */
  readonly attendance: number;
  readonly pluginData: readonly AddedData[];
}

/**
 * Copies the gallery, the attendance and the data of plugins from one place to the other, then reads both galleries again and
 * compares them. The folder is locked during this time, so that no server changes it.
 * @throws RostroError `bad_config` without a database; `gallery_locked`; those of both galleries
 */
export async function migrateGallery(
  parts: MigrationParts,
  from: GalleryPlace,
  options: Pick<MigrationOptions, 'replace' | 'onPerson' | 'signal'>,
): Promise<{ report: GalleryMigration; comparison: Comparison }> {
  const { config, vault } = parts;
  if (config.storage.databaseUrl === undefined) {
    throw new RostroError('bad_config', 'DATABASE_URL is not set: say which database, as postgres://user@host/name.');
  }
  const lock = await FolderLock.acquire(config.storage.dataDir);
  const stores = await openStores(config).catch(async (error: unknown) => {
    await lock.release();
    throw error;
  });
  const to = from === 'files' ? 'postgres' : 'files';
  const trail =
    to === 'postgres' ? stores.trail : auditTrail(config.storage.stateDir, config.privacy.audit !== 'off', vault);
  const open = async (place: GalleryPlace): Promise<Gallery> => {
    const database = place === 'postgres' ? stores.database : null;
    return (await openGallery(config, { ...parts, database, access: 'write', lock })).gallery;
  };
  const { stateDir } = config.storage;
  const dataIn = (place: GalleryPlace) =>
    dataOf(place === 'postgres' ? stores.plugins : openPlugins({ stateDir, database: null, vault }));
  const attendanceIn = (place: GalleryPlace) =>
    place === 'postgres' ? stores.attendance : new FileAttendance(stateDir, vault);
  try {
    const report = await withBoth(open, from, to, async (source, target) => {
      const people = await migratePeople({ from: source, to: new AuditedGallery(target, trail), ...options });
      const sessions = new Attendance({ store: attendanceIn(to), gallery: target, trail });
      let attendance = 0;
      for await (const session of allSessions(attendanceIn(from))) {
        options.signal?.throwIfAborted();
        if ((await sessions.restore(session, options.replace)) !== 'unchanged') attendance++;
      }
      const pluginData: AddedData[] = [];
      const targets = dataIn(to);
      for (const [i, data] of dataIn(from).entries()) {
        const { field, title } = data;
        pluginData.push({ field, title, added: await targets[i].addAll(await data.all(), target) });
      }
      return { ...people, attendance, pluginData };
    });
    const { onPerson } = options;
    const comparison = await withBoth(open, from, to, (source, target) => comparePeople(source, target, onPerson));
    return { report, comparison };
  } finally {
    await trail.log?.close();
    await stores.close();
    await lock.release();
  }
}

async function withBoth<T>(
  open: (place: GalleryPlace) => Promise<Gallery>,
  from: GalleryPlace,
  to: GalleryPlace,
  work: (source: Gallery, target: Gallery) => Promise<T>,
): Promise<T> {
  const source = await open(from);
  try {
    const target = await open(to);
    return await work(source, target).finally(() => target.close());
  } finally {
    await source.close();
  }
}
