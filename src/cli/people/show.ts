import { Command } from 'commander';
import { withSettings } from '../settings.js';
import { printTable } from '../table.js';
import { withGallery } from '../with-gallery.js';

/** `rostro people show NAME`: what is said of a person, and their examples. */
export function showCommand(): Command {
  const command = new Command('show')
    .description('What is said of a person, and their examples.')
    .argument('<name>')
    .option('--json', 'one JSON object a line');
  return withSettings(command).action((name: string) =>
    withGallery(command, 'read', ({ people }) => {
      const person = people.get(name);
      const examples = person.examples.map(({ id, addedAt, crop, details }) => ({
        ...{ id, addedAt, crop },
        facePx: details?.quality?.facePx ?? null,
      }));
      if (command.opts().json) for (const example of examples) console.log(JSON.stringify(example));
      else {
        const { id, groups, metadata } = person;
        printTable(['id', 'groups', 'metadata'], [[id ?? '', groups.join(', '), JSON.stringify(metadata)]]);
        const rows = examples.map(({ id, addedAt, crop, facePx }) => [
          id,
          addedAt ?? '',
          String(facePx ?? ''),
          crop ?? '',
        ]);
        printTable(['example', 'added', 'pixels', 'crop'], rows);
      }
      return Promise.resolve();
    }),
  );
}
