import type { Config } from '../app/config.js';
import { RostroError } from '../shared/errors.js';

/**
 * For a command that works on the files of a gallery.
 * @param advice what to do instead, a sentence
 * @throws RostroError `bad_config` where the gallery is in a database
 */
export function refuseDatabase({ databaseUrl }: Config, advice: string): void {
  if (databaseUrl === undefined) return;
  throw new RostroError('bad_config', `DATABASE_URL is set, and this command is for a gallery in files. ${advice}`);
}
