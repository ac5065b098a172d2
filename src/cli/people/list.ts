import { Command } from 'commander';
import { withSettings } from '../settings.js';
import { printTable } from '../table.js';
import { withCore } from './with-core.js';

/** `rostro people list [SEARCH]`. */
export function listCommand(): Command {
  const command = new Command('list')
    .description('Who is enrolled.')
    .argument('[search]', 'part of a name; case and accents do not matter')
    .option('--json', 'one JSON object a line');
  return withSettings(command).action((search: string | undefined) =>
    withCore(command, 'read', ({ people }) => {
      const everyone = people.list({ search, page: 1, size: Infinity }).people;
      if (command.opts().json) for (const person of everyone) console.log(JSON.stringify(person));
      else {
        const rows = everyone.map(({ name, examples, addedAt }) => [name, String(examples), addedAt ?? '']);
        printTable(['name', 'examples', 'since'], rows);
      }
      return Promise.resolve();
    }),
  );
}
