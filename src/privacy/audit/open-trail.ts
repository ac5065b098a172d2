import { join } from 'node:path';
import type { Database } from '../../gallery/postgres/database.js';
import { AuditLog, fileLog } from './audit-log.js';
import { DatabaseLines } from './database-lines.js';
import { DatabaseSubjects } from './database-subjects.js';
import { fileSource } from './file-lines.js';
import { FileSubjects } from './file-subjects.js';
import { AuditTrail } from './trail.js';

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
