import { Command } from 'commander';
import { withSettings } from '../settings.js';
import { withGallery } from '../with-gallery.js';

/** `rostro people rename NAME NEW`. */
export function renameCommand(): Command {
  const command = new Command('rename').description('Give a person another name.').argument('<name>').argument('<new>');
  return withSettings(command).action((name: string, to: string) =>
    withGallery(command, 'write', async ({ people }) => {
      const renamed = await people.rename(name, to);
      console.log(`${name} is called ${renamed.name} from now on.`);
    }),
  );
}
