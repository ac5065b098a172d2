import type { Command } from 'commander';
import type { Config } from '../app/config.js';
import { composeGallery, type GalleryCore } from '../app/gallery-core.js';
import { RostroError } from '../shared/errors.js';
import { configOf } from './settings.js';

/**
 * Opens the gallery, runs `work`, and closes it.
 * @param access `read` works while a server runs
 */
export async function withGallery(
  command: Command,
  access: 'read' | 'write',
  work: (core: GalleryCore) => Promise<void>,
): Promise<void> {
  const core = await composeGallery(configOf(command), { access });
  try {
    await work(core);
  } finally {
    await core.close();
  }
}

/**
 * For commands that work on the files of a gallery.
 * @param advice what to do instead, a sentence
 * @throws RostroError `bad_config` if the gallery is in a database
 */
export function refuseDatabase({ storage: { databaseUrl } }: Config, advice: string): void {
  if (databaseUrl === undefined) return;
  throw new RostroError('bad_config', `DATABASE_URL is set, and this command is for a gallery in files. ${advice}`);
}
