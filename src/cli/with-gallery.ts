import type { Command } from 'commander';
import { composeGallery, type GalleryCore } from '../app/gallery-core.js';
import { configOf } from './settings.js';

/**
 * Does something with the gallery and leaves it in order.
 * @param access `read` runs beside a server
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
