import { KeyFile } from '../access/key-file.js';
import type { KeyStore } from '../access/key-store.js';
import { KeyTable } from '../access/key-table.js';
import { MemorySessions, type Sessions } from '../access/sessions.js';
import { SharedSessions } from '../access/shared-sessions.js';
import { auditTrail, sharedTrail } from '../privacy/audit/open-trail.js';
import type { AuditTrail } from '../privacy/audit/trail.js';
import type { Config } from './config.js';
import type { EmptySubjects } from '../plugins/compreface/empty-subjects.js';
import { EmptySubjectsFile } from '../plugins/compreface/empty-subjects-file.js';
import { EmptySubjectsTable } from '../plugins/compreface/empty-subjects-table.js';
import type { Database } from '../gallery/postgres/database.js';
import { openDatabase } from '../gallery/postgres/open-database.js';

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
