import { Command } from 'commander';
import { withSettings } from '../settings.js';
import { printTable } from '../table.js';
import { withGallery } from '../with-gallery.js';

/** `rostro people list [SEARCH]`. */
export function listCommand(): Command {
  const command = new Command('list')
    .description('Who is enrolled.')
    .argument('[search]', 'part of a name; case and accents do not matter')
    .option('--group <group>', 'only people of this group')
    .option('--person-id <id>', 'the person with this id')
    .option('--json', 'one JSON object a line');
  return withSettings(command).action((search: string | undefined) =>
    withGallery(command, 'read', ({ people }) => {
      const { json, group, personId: id } = command.opts<{ json?: boolean; group?: string; personId?: string }>();
      const everyone = people.list({ search, group, id, page: 1, size: Infinity }).people;
      if (json) for (const person of everyone) console.log(JSON.stringify(person));
      else {
        const rows = everyone.map(({ name, id, groups, examples, addedAt }) => [
          ...[name, id ?? '', groups.join(', ')],
          ...[String(examples), addedAt ?? ''],
        ]);
        printTable(['name', 'id', 'groups', 'examples', 'since'], rows);
      }
      return Promise.resolve();
    }),
  );
}
