import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { Command } from 'commander';
import { RostroError } from '../../shared/errors.js';
import { zipOf } from '../../shared/archive/zip.js';
import { withSettings } from '../settings.js';
import { withGallery } from '../with-gallery.js';

/** `rostro people export NAME FILE`: all that is held on a person, as a ZIP file. */
export function exportCommand(): Command {
  const command = new Command('export')
    .description('Write all that is held on a person into a ZIP file.')
    .argument('<name>')
    .argument('<file>', 'must not be there yet');
  return withSettings(command).action((name: string, file: string) =>
    withGallery(command, 'read', async ({ exports }) => {
      const { name: person, files } = await exports.of(name);
      await pipeline(zipOf(files), createWriteStream(file, { flags: 'wx', mode: 0o600 })).catch((cause: unknown) => {
        const code = (cause as NodeJS.ErrnoException).code ?? 'an error';
        throw new RostroError('storage_failed', `${file} could not be written: ${code}.`, { cause });
      });
      console.log(`All that is held on ${person} is in ${file}.`);
    }),
  );
}
