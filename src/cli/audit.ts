import { Command } from 'commander';
import { auditShowCommand } from './audit/show.js';
import { auditVerifyCommand } from './audit/verify.js';

/** `rostro audit show|verify`: who did what, and whether the log of it is as it was written. */
export function auditCommand(): Command {
  return new Command('audit')
    .description('Read and verify the audit log.')
    .addCommand(auditShowCommand())
    .addCommand(auditVerifyCommand());
}
