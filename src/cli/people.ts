import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { Command } from 'commander';
import { furtherDetails } from '../gallery/gallery.js';
import type { Receipt } from '../privacy/erasure.js';
import { zipOf } from '../shared/archive/zip.js';
import { RostroError } from '../shared/errors.js';
import { PRIVATE_FILE } from '../shared/files.js';
import { collect, type ConsentOptions, detailsGiven, withDetails } from './details-options.js';
import { printTable } from './output.js';
import { withSettings } from './settings.js';
import { withGallery } from './with-gallery.js';
import { print, setExitCode } from './io.js';

/** `rostro people list|show|rename|describe|merge|delete|export`: who is enrolled. */
export function peopleCommand(): Command {
  return new Command('people')
    .description('List, show, rename, describe, merge, erase and export people.')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(renameCommand())
    .addCommand(describeCommand())
    .addCommand(mergeCommand())
    .addCommand(deleteCommand())
    .addCommand(exportCommand());
}

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
      if (json) for (const person of everyone) print(JSON.stringify(person));
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

/** `rostro people show NAME`: the details of a person, and their examples. */
export function showCommand(): Command {
  const command = new Command('show')
    .description('What is said of a person, and their examples.')
    .argument('<name>')
    .option('--json', 'one JSON object a line');
  return withSettings(command).action((name: string) =>
    withGallery(command, 'read', ({ people }) => {
      const person = people.get(name);
      const examples = person.examples.map(({ id, addedAt, crop, details }) => ({
        id,
        addedAt,
        crop,
        facePx: details?.quality?.facePx ?? null,
      }));
      if (command.opts().json) for (const example of examples) print(JSON.stringify(example));
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

interface DescribeOptions extends ConsentOptions {
  /** False with `--no-person-id`. */
  readonly personId?: string | false;
  readonly group?: readonly string[];
  readonly leave?: readonly string[];
  readonly metadata?: string;
}

/** `rostro people describe NAME`: the details of a person. */
export function describeCommand(): Command {
  const command = new Command('describe')
    .description("Change a person's id, groups, metadata, consent or expiry; what is not given stays.")
    .argument('<name>');
  withDetails(command)
    .option('--no-person-id', 'take the id away')
    .option('--leave <group>', 'a group that the person leaves; may be given several times', collect);
  return withSettings(command).action((name: string) =>
    withGallery(command, 'write', async ({ people }) => {
      const { personId, group = [], leave = [], ...options } = command.opts<DescribeOptions>();
      const given = detailsGiven({ ...options, personId: personId || undefined });
      const id = personId === false ? { id: null } : {};
      const joined = [...people.get(name).groups, ...group].filter((one) => !leave.includes(one));
      const groups = group.length + leave.length > 0 ? { groups: joined } : {};
      const person = await people.change(name, { ...given, ...id, ...groups });
      const { id: own, groups: all, metadata } = person;
      print(JSON.stringify({ name: person.name, id: own, groups: all, metadata, ...furtherDetails(person) }));
    }),
  );
}

/** `rostro people rename NAME NEW`. */
export function renameCommand(): Command {
  const command = new Command('rename').description('Give a person another name.').argument('<name>').argument('<new>');
  return withSettings(command).action((name: string, to: string) =>
    withGallery(command, 'write', async ({ people }) => {
      const renamed = await people.rename(name, to);
      print(`${name} is called ${renamed.name} from now on.`);
    }),
  );
}

/** `rostro people merge FROM INTO`. */
export function mergeCommand(): Command {
  const command = new Command('merge')
    .description('Make two people one: the photos of the first become those of the second, and the first is gone.')
    .argument('<from>')
    .argument('<into>');
  return withSettings(command).action((from: string, into: string) =>
    withGallery(command, 'write', async ({ people }) => {
      const { name, examples } = await people.merge(from, into);
      print(`${from} is ${name} from now on, with ${examples.length} examples.`);
    }),
  );
}

/** `rostro people delete NAME [--example ID]`: erases a person or an example, and prints the receipt. */
export function deleteCommand(): Command {
  const command = new Command('delete')
    .description('Erase a person, or one example, and print the receipt.')
    .argument('<name>')
    .option('--example <id>', 'only this example; the last one takes the person with it')
    .option('--json', 'the receipt as one JSON object');
  return withSettings(command).action((name: string) =>
    withGallery(command, 'write', async ({ erasure }) => {
      const { example, json } = command.opts<{ example?: string; json?: boolean }>();
      const receipt =
        example === undefined ? (await erasure.person(name)).receipt : await erasure.example(name, example);
      print(json ? JSON.stringify(receipt) : receiptLines(receipt).join('\n'));
      if (receipt.remaining.length > 0) setExitCode(1);
    }),
  );
}

function receiptLines(receipt: Receipt): string[] {
  const { id, erasedAt, person, examples, crops, files, remaining, classifier, elsewhere, audit } = receipt;
  return [
    `receipt     ${id}`,
    `erased at   ${erasedAt}`,
    `person      ${person}`,
    `examples    ${examples.length} (${examples.join(', ')}), ${crops} with a crop`,
    ...files.map((file) => `gone        ${file}`),
    ...remaining.map((file) => `still there ${file}: it goes with the next change or at the next start`),
    ...elsewhere.map((file) => `elsewhere   ${file} has somebody of that name, from other photos`),
    `classifier  ${classifier}`,
    `audit log   ${audit === null ? 'none is kept' : `line ${audit.line}, ${audit.hash}`}`,
  ];
}

/** `rostro people export NAME FILE`: all data about a person, as a ZIP file. */
export function exportCommand(): Command {
  const command = new Command('export')
    .description('Write all that is held on a person into a ZIP file.')
    .argument('<name>')
    .argument('<file>', 'must not be there yet');
  return withSettings(command).action((name: string, file: string) =>
    withGallery(command, 'read', async ({ exports }) => {
      const { name: person, files } = await exports.of(name);
      await pipeline(zipOf(files), createWriteStream(file, { flags: 'wx', mode: PRIVATE_FILE })).catch(
        (cause: unknown) => {
          const code = (cause as NodeJS.ErrnoException).code ?? 'an error';
          throw new RostroError('storage_failed', `${file} could not be written: ${code}.`, { cause });
        },
      );
      print(`All that is held on ${person} is in ${file}.`);
    }),
  );
}
