import { dirname, join } from 'node:path';
import { KeyFile } from '../access/key-file.js';
import { KeyTable } from '../access/key-table.js';
import type { KeyStore } from '../access/keys.js';
import { MemorySessions, type Sessions } from '../access/sessions.js';
import { SharedSessions } from '../access/shared-sessions.js';
import { AUDIT_MARK_FILE } from '../gallery/files/layout.js';
import type { AttendanceStore } from '../attendance/attendance-store.js';
import { DatabaseAttendance } from '../attendance/database-attendance.js';
import { FileAttendance } from '../attendance/file-attendance.js';
import type { Database } from '../gallery/postgres/database.js';
import { openDatabase } from '../gallery/postgres/migrate.js';
import { DatabaseSightings } from '../history/database-sightings.js';
import { FileSightings } from '../history/files/file-sightings.js';
import type { SightingStore } from '../history/sighting-store.js';
import { readKeys } from '../gallery/sealing/key-file.js';
import { plainVault, type Vault, vaultOf } from '../gallery/sealing/vault.js';
import {
  CalibrationFile,
  type CalibrationStore,
  CalibrationTable,
} from '../matching/thresholds/applied-calibration.js';
import type { OpenPlugin } from '../http/plugin.js';
import { AuditLog, fileLog } from '../privacy/audit/audit-log.js';
import { DatabaseLines } from '../privacy/audit/database-lines.js';
import { DatabasePseudonyms } from '../privacy/audit/database-pseudonyms.js';
import { fileSource } from '../privacy/audit/file-lines.js';
import { FilePseudonyms } from '../privacy/audit/pseudonyms.js';
import { AuditTrail } from '../privacy/audit/trail.js';
import type { Config } from './config.js';
import { openPlugins } from './plugins.js';
import { SettingsFile, type SettingsStore, SettingsTable } from './settings-store.js';

/** Data besides the gallery: in the database, shared by its servers, or in files of this server. */
export interface Stores {
  /** Null if the gallery is in files. */
  readonly database: Database | null;
  /** Encrypts what contains faces or names. */
  readonly vault: Vault;
  readonly keys: KeyStore;
  readonly sessions: Sessions;
  readonly trail: AuditTrail;
  readonly calibrations: CalibrationStore;
  readonly settings: SettingsStore;
  readonly sightings: SightingStore;
  readonly attendance: AttendanceStore;
  readonly plugins: readonly OpenPlugin[];
  close(): Promise<void>;
}

/** @throws RostroError `database_unreachable`, `database_incompatible`, `bad_config`, `encryption_key_wrong` */
export async function openStores({
  storage: { databaseUrl, databaseListenUrl, stateDir, encryptionKeyFiles },
  privacy: { audit },
}: StoreSettings): Promise<Stores> {
  const keepsLog = audit !== 'off';
  const vault = vaultOf(await readKeys(encryptionKeyFiles));
  const calibrations = new CalibrationFile(stateDir);
  const settings = new SettingsFile(stateDir);
  if (databaseUrl === undefined) {
    const trail = auditTrail(stateDir, keepsLog, vault);
    const sightings = new FileSightings(stateDir, vault);
    const attendance = new FileAttendance(stateDir, vault);
    const close = async () => {
      await sightings.close();
      await attendance.close();
      await trail.log?.close();
    };
    const plugins = openPlugins({ stateDir, database: null, vault });
    const fileKeys = { keys: new KeyFile(stateDir), sessions: new MemorySessions() };
    const files = { ...fileKeys, calibrations, settings, sightings, attendance };
    return { database: null, vault, ...files, trail, plugins, close };
  }
  const database = await openDatabase(databaseUrl, databaseListenUrl);
  const trail = sharedTrail(database, keepsLog);
  return {
    database,
    vault,
    keys: new KeyTable(database),
    sessions: new SharedSessions(database),
    trail,
    calibrations: new CalibrationTable(database, calibrations),
    settings: new SettingsTable(database, settings),
    sightings: new DatabaseSightings(database, vault),
    attendance: new DatabaseAttendance(database, vault),
    plugins: openPlugins({ stateDir, database, vault }),
    async close() {
      await trail.log?.close();
      await database.close();
    },
  };
}

type StoreSettings = Pick<Config, 'storage' | 'privacy'>;

/** Below the state folder. */
export function auditFolder(stateDir: string): string {
  return join(stateDir, 'audit');
}

/**
 * In files.
 * @param stateDir in the data folder
 * @param keep whether new lines are written
 * @param vault of the gallery, for the names
 */
export function auditTrail(stateDir: string, keep: boolean, vault: Vault = plainVault): AuditTrail {
  const folder = auditFolder(stateDir);
  const markFile = join(dirname(stateDir), AUDIT_MARK_FILE);
  const log = keep ? fileLog({ folder, markFile }) : null;
  return new AuditTrail(log, new FilePseudonyms(folder, vault), fileSource(folder, markFile));
}

/** In the database, for all servers that share it. @param keep whether new lines are written */
export function sharedTrail(database: Database, keep: boolean): AuditTrail {
  const lines = new DatabaseLines(database);
  return new AuditTrail(keep ? new AuditLog({ store: lines }) : null, new DatabasePseudonyms(database), lines);
}
