import { basename } from 'node:path';
import type { Command } from 'commander';
import { fileCommand } from './each-file.js';
import { formatBox } from './output.js';
import { detailsGiven, withDetails } from './details-options.js';

/** `rostro enrol FILE…`: enrols photos that are named after the person in them. */
export function enrolCommand(): Command {
  const command = fileCommand({
    name: 'enrol',
    description: 'Enrol photos, each under the name of its file.',
    access: 'write',
    work: (core, bytes, file, { name, ...details }) =>
      core.enrolment.enrol({
        bytes,
        fileName: basename(file),
        details: detailsGiven(details),
        name: typeof name === 'string' ? name : undefined,
      }),
    columns: ['name', 'box', 'crop', ''],
    rows: ({ name, box, crop, outcome, warnings }) => [
      [
        name,
        formatBox(box),
        crop,
        outcome === 'already_there' ? 'already there' : warnings.map(({ message }) => message).join(' '),
      ],
    ],
  }).option('--name <name>', 'enrol all of them under this name');
  return withDetails(command);
}
