import { join } from 'node:path';
import { KeyFile } from '../access/key-file.js';
import { KeyTable } from '../access/key-table.js';
import type { KeyStore } from '../access/keys.js';
import { MemorySessions, type Sessions } from '../access/sessions.js';
import { SharedSessions } from '../access/shared-sessions.js';
import { type Database, openDatabase } from '../gallery/postgres/database.js';
import { type EmptySubjects, EmptySubjectsFile, EmptySubjectsTable } from '../plugins/compreface/empty-subjects.js';
import { AuditLog, fileLog } from '../privacy/audit/audit-log.js';
import { DatabaseLines } from '../privacy/audit/database-lines.js';
import { DatabaseSubjects } from '../privacy/audit/database-subjects.js';
import { fileSource } from '../privacy/audit/file-lines.js';
import { FileSubjects } from '../privacy/audit/file-subjects.js';
import { AuditTrail } from '../privacy/audit/trail.js';
import type { Config } from './config.js';

/** What servers that share a database have in common, and a server with files has for itself. */
export interface Stores {
  /** Null for files. */
  readonly database: Database | null;
  readonly keys: KeyStore;
  readonly sessions: Sessions;
  readonly trail: AuditTrail;
  readonly emptySubjects: EmptySubjects;
  close(): Promise<void>;
}

/** @throws RostroError `database_unreachable`, `database_incompatible`, `bad_config` */
export async function openStores({ databaseUrl, stateDir, audit }: StoreSettings): Promise<Stores> {
  const keepsLog = audit !== 'off';
  if (databaseUrl === undefined) {
    const trail = auditTrail(stateDir, keepsLog);
    const close = () => trail.log?.close() ?? Promise.resolve();
    const emptySubjects = new EmptySubjectsFile(stateDir);
    return { database: null, keys: new KeyFile(stateDir), sessions: new MemorySessions(), trail, emptySubjects, close };
  }
  const database = await openDatabase(databaseUrl);
  const trail = sharedTrail(database, keepsLog);
  return {
    database,
    keys: new KeyTable(database),
    sessions: new SharedSessions(database),
    trail,
    emptySubjects: new EmptySubjectsTable(database),
    async close() {
      await trail.log?.close();
      await database.close();
    },
  };
}

type StoreSettings = Pick<Config, 'databaseUrl' | 'stateDir' | 'audit'>;

/** Below the state folder. */
export function auditFolder(stateDir: string): string {
  return join(stateDir, 'audit');
}

/** The trail in files. @param keep whether a log is kept from now on */
export function auditTrail(stateDir: string, keep: boolean): AuditTrail {
  const folder = auditFolder(stateDir);
  return new AuditTrail(keep ? fileLog({ folder }) : null, new FileSubjects(folder), fileSource(folder));
}

/** The trail of all servers that share a database. */
export function sharedTrail(database: Database, keep: boolean): AuditTrail {
  const lines = new DatabaseLines(database);
  return new AuditTrail(keep ? new AuditLog({ store: lines }) : null, new DatabaseSubjects(database), lines);
}
