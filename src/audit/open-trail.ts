import { join } from 'node:path';
import { AuditLog } from './audit-log.js';
import { Subjects } from './subjects.js';
import { AuditTrail } from './trail.js';

/** Below the state folder. */
export function auditFolder(stateDir: string): string {
  return join(stateDir, 'audit');
}

/** @param keep whether a log is kept from now on */
export function auditTrail(stateDir: string, keep: boolean): AuditTrail {
  const folder = auditFolder(stateDir);
  return new AuditTrail(keep ? new AuditLog({ folder }) : null, new Subjects(folder));
}
