import { Command } from 'commander';
import { withSettings } from '../settings.js';
import { withGallery } from '../with-gallery.js';

/** `rostro people merge FROM INTO`. */
export function mergeCommand(): Command {
  const command = new Command('merge')
    .description('Make two people one: the photos of the first become those of the second, and the first is gone.')
    .argument('<from>')
    .argument('<into>');
  return withSettings(command).action((from: string, into: string) =>
    withGallery(command, 'write', async ({ people }) => {
      const { name, examples } = await people.merge(from, into);
      console.log(`${from} is ${name} from now on, with ${examples.length} examples.`);
    }),
  );
}
